#define _GNU_SOURCE
#include "CKernels.h"
#include <dlfcn.h>
#include <pthread.h>

// libgomp comes with oneDNN. Borrowing its team, instead of keeping a pool of our own, means that
// no second set of workers competes with libgomp's spinning ones between two operations.
typedef void (*gomp_parallel_t)(void (*)(void *), void *, unsigned, unsigned);
static gomp_parallel_t gomp_parallel;
static int (*omp_thread_number)(void);
static int (*omp_team_size)(void);
static int (*omp_maximum)(void);
static void (*omp_set)(int);
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void resolve(void) {
  gomp_parallel = (gomp_parallel_t)dlsym(RTLD_DEFAULT, "GOMP_parallel");
  omp_thread_number = (int (*)(void))dlsym(RTLD_DEFAULT, "omp_get_thread_num");
  omp_team_size = (int (*)(void))dlsym(RTLD_DEFAULT, "omp_get_num_threads");
  omp_maximum = (int (*)(void))dlsym(RTLD_DEFAULT, "omp_get_max_threads");
  omp_set = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (!omp_thread_number || !omp_team_size || !omp_maximum || !omp_set) gomp_parallel = 0;
}

struct task {
  void (*body)(void *, int, int);
  void *context;
};

static void run(void *raw) {
  struct task *task = raw;
  task->body(task->context, omp_thread_number(), omp_team_size());
}

void floe_parallel(void (*body)(void *, int, int), void *context) {
  pthread_once(&once, resolve);
  struct task task = {body, context};
  if (gomp_parallel) {
    gomp_parallel(run, &task, 0, 0);
  } else {
    body(context, 0, 1);
  }
}

void floe_set_threads(int threads) {
  pthread_once(&once, resolve);
  if (omp_set && threads > 0) omp_set(threads);
}

int floe_max_threads(void) {
  pthread_once(&once, resolve);
  return omp_maximum ? omp_maximum() : 1;
}
