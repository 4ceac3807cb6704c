# What the scripts share; sourced, not run. Moves to the repository's root.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One set of flags for every script, so that nothing is built twice: tests see internals
# (-enable-testing), and loops run in release only.
build_flags=(-c release -Xswiftc -enable-testing)

# The built program.
floe=.build/release/floe

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $*"
    exit 1
}

# The Debian packages that the C targets need; pkg-config tells SwiftPM where they are.
packages=(
    libdnnl-dev libopenblas-dev libhdf5-dev libtiff-dev libpng-dev libjpeg-dev zlib1g-dev
    libssl-dev pkg-config
)

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            printf '%s\n' "$package"
        fi
    done
}

# Installs what is missing; does nothing, and needs no rights, where nothing is.
install_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "note: not a Debian system; Floe needs what Debian calls: ${packages[*]}"
        return
    fi
    local missing
    mapfile -t missing < <(missing_packages)
    [[ ${#missing[@]} -gt 0 ]] || return 0
    local as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null \
            || fail "not root and no sudo; as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq \
        && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
        || fail "apt-get failed; install by hand: ${missing[*]}"
}

# Swift 6.2 or newer must be there; it is not in Debian.
require_swift() {
    local oldest=6.2 version
    command -v swift >/dev/null \
        || fail "no swift; install Swift $oldest or newer from https://www.swift.org/install/linux"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
    [[ $(printf '%s\n%s\n' "$oldest" "$version" | sort -V | head -n 1) == "$oldest" ]] \
        || fail "Swift $version is too old, expected $oldest or newer"
}
