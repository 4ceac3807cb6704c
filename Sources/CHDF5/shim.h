/* One source for libhdf5 1.10 to 1.14: macros that run code and versioned names become functions. */
#ifndef FLOE_CHDF5_SHIM_H
#define FLOE_CHDF5_SHIM_H
#include <hdf5.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#if H5_VERSION_GE(1, 12, 0)
#include <H5VLnative.h>
#endif

/* Types. */
static inline hid_t floe_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t floe_h5_float32_little_endian(void) { return H5T_IEEE_F32LE; }
static inline hid_t floe_h5_text(void) { return H5T_C_S1; }

/* Classes of property lists. */
static inline hid_t floe_h5_class_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t floe_h5_class_file_creation(void) { return H5P_FILE_CREATE; }
static inline hid_t floe_h5_class_group_creation(void) { return H5P_GROUP_CREATE; }
static inline hid_t floe_h5_class_dataset_creation(void) { return H5P_DATASET_CREATE; }

/* Constants that are expressions. */
static inline hid_t floe_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t floe_h5_all(void) { return H5S_ALL; }
static inline unsigned floe_h5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned floe_h5_truncate(void) { return H5F_ACC_TRUNC; }
static inline haddr_t floe_h5_no_address(void) { return HADDR_UNDEF; }

/* The oldest format that holds what Floe writes, whatever the library's own default is. */
static inline herr_t floe_h5_pin_format(hid_t access) {
    return H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
}

typedef enum {
    FLOE_H5_FAILED = -1,
    FLOE_H5_GROUP = 0,
    FLOE_H5_DATASET = 1,
    FLOE_H5_OTHER = 2
} floe_h5_kind;

/* What an open object is, and where its header lies in the file. */
static inline floe_h5_kind floe_h5_object(hid_t object, haddr_t *address) {
    H5O_type_t type;
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t info;
    if (H5Oget_info3(object, &info, H5O_INFO_BASIC) < 0) return FLOE_H5_FAILED;
    if (H5VLnative_token_to_addr(object, info.token, address) < 0) return FLOE_H5_FAILED;
    type = info.type;
#else
    H5O_info_t info;
    if (H5Oget_info(object, &info) < 0) return FLOE_H5_FAILED;
    *address = info.addr;
    type = info.type;
#endif
    if (type == H5O_TYPE_GROUP) return FLOE_H5_GROUP;
    if (type == H5O_TYPE_DATASET) return FLOE_H5_DATASET;
    return FLOE_H5_OTHER;
}

/* Shows every link of a group in the order of names: its name and its type (0: hard, 1: soft,
   64: external, others: user-defined). Not zero from the visitor stops the walk. */
typedef int (*floe_h5_link_visitor)(const char *name, int type, void *data);
typedef struct {
    floe_h5_link_visitor visitor;
    void *data;
} floe_h5_link_walk;

#if H5_VERSION_GE(1, 12, 0)
static inline herr_t floe_h5_show_link(
    hid_t group, const char *name, const H5L_info2_t *info, void *data) {
#else
static inline herr_t floe_h5_show_link(
    hid_t group, const char *name, const H5L_info_t *info, void *data) {
#endif
    floe_h5_link_walk *walk = (floe_h5_link_walk *)data;
    (void)group;
    return walk->visitor(name, (int)info->type, walk->data) == 0 ? 0 : 1;
}

static inline herr_t floe_h5_visit_links(
    hid_t group, floe_h5_link_visitor visitor, void *data) {
    floe_h5_link_walk walk = {visitor, data};
    hsize_t index = 0;
#if H5_VERSION_GE(1, 12, 0)
    return H5Literate2(group, H5_INDEX_NAME, H5_ITER_INC, &index, floe_h5_show_link, &walk);
#else
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &index, floe_h5_show_link, &walk);
#endif
}

/* Number of chunks that were written; negative: failed, or not told by this release. The status of
   a dataset's space will not do: compressed ones are never "allocated" as a whole. */
static inline long long floe_h5_written_chunks(hid_t dataset) {
#if H5_VERSION_GE(1, 10, 5)
    hsize_t count = 0;
    hid_t space = H5Dget_space(dataset);
    if (space < 0) return -1;
    herr_t status = H5Dget_num_chunks(dataset, space, &count);
    H5Sclose(space);
    return status < 0 || count > 0x7FFFFFFFFFFFFFFFULL ? -1 : (long long)count;
#else
    (void)dataset;
    return -1;
#endif
}

/* Frees what a read put behind pointers. */
static inline herr_t floe_h5_reclaim(hid_t type, hid_t space, void *buffer) {
#if H5_VERSION_GE(1, 12, 0)
    return H5Treclaim(type, space, H5P_DEFAULT, buffer);
#else
    return H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
#endif
}

/* Automatic printing and plugins off; no work at exit, which may run beside another thread. */
static inline int floe_h5_start(void) {
    if (H5dont_atexit() < 0) return -1;
    if (H5open() < 0) return -1;
    if (H5Eset_auto2(H5E_DEFAULT, NULL, NULL) < 0) return -1;
    return H5PLset_loading_state(0) < 0 ? -1 : 0;
}

/* The first and the last message of the error stack. */
typedef struct {
    char inner[256];
    char outer[256];
} floe_h5_messages;

static inline herr_t floe_h5_collect_message(
    unsigned number, const H5E_error2_t *error, void *data) {
    floe_h5_messages *messages = (floe_h5_messages *)data;
    const char *text = error->desc ? error->desc : "";
    if (number == 0) snprintf(messages->inner, sizeof messages->inner, "%s", text);
    snprintf(messages->outer, sizeof messages->outer, "%s", text);
    return 0;
}

static inline void floe_h5_take_messages(floe_h5_messages *messages) {
    memset(messages, 0, sizeof *messages);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, floe_h5_collect_message, messages);
    H5Eclear2(H5E_DEFAULT);
}

/* A file image that stays where it is: libhdf5 reads the caller's bytes, without a copy. The view
   and its bytes must outlive every property list and file made from it. */
typedef struct {
    void *bytes;
    size_t count;
} floe_h5_view;

static inline void *floe_h5_view_malloc(size_t size, H5FD_file_image_op_t operation, void *data) {
    floe_h5_view *view = (floe_h5_view *)data;
    (void)operation;
    return size <= view->count ? view->bytes : NULL;
}
static inline void *floe_h5_view_memcpy(
    void *target, const void *source, size_t size, H5FD_file_image_op_t operation, void *data) {
    (void)size, (void)operation, (void)data;
    return target == source ? target : NULL;
}
static inline void *floe_h5_view_realloc(
    void *bytes, size_t size, H5FD_file_image_op_t operation, void *data) {
    (void)bytes, (void)size, (void)operation, (void)data;
    return NULL;
}
static inline herr_t floe_h5_view_free(void *bytes, H5FD_file_image_op_t operation, void *data) {
    (void)bytes, (void)operation, (void)data;
    return 0;
}
static inline void *floe_h5_view_copy(void *data) { return data; }
static inline herr_t floe_h5_view_release(void *data) {
    (void)data;
    return 0;
}

static inline herr_t floe_h5_set_view(hid_t access, floe_h5_view *view) {
    H5FD_file_image_callbacks_t callbacks = {
        floe_h5_view_malloc, floe_h5_view_memcpy, floe_h5_view_realloc, floe_h5_view_free,
        floe_h5_view_copy,   floe_h5_view_release, view,
    };
    if (H5Pset_fapl_core(access, 65536, 0) < 0) return -1;
    if (H5Pset_file_image_callbacks(access, &callbacks) < 0) return -1;
    return H5Pset_file_image(access, view->bytes, view->count);
}
#endif
