#!/bin/sh
# Builds the simulated test device (libcudart.so.12, libcuda.so.1) and the C workloads into lab/cudasim/build/ (or $CUDASIM_OUT).
# Needs gcc only; no CUDA headers. Does nothing when the results are newer than the sources. CC, CUDA_HOME may be set.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
workloads=$here/../workloads
out=${CUDASIM_OUT:-$here/build}
cc=${CC:-gcc}
cuda=${CUDA_HOME:-/usr/local/cuda}

command -v "$cc" >/dev/null 2>&1 || {
  echo "build.sh: no C compiler: '$cc' is not installed; the simulated device is written in C; install gcc (Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc)" >&2
  exit 1
}

if [ -f "$out/done" ] && [ -z "$(find "$here" "$workloads" "$here/../actor" -newer "$out/done" \( -name '*.[ch]' -o -name '*.sh' -o -name '*.map' \))" ]; then
  exit 0
fi
mkdir -p "$out"
rm -f "$out/done"

# Entry points must begin with "push %rbp": a probe there costs 0.4 us, on another instruction 14 us. So: frame pointers
# in leaf functions too, no endbr64, nothing moved before the frame set-up, every name a function of its own.
flags="-std=gnu11 -O2 -g -Wall -Wextra -fPIC -pthread -fvisibility=hidden -fno-omit-frame-pointer -fno-shrink-wrap"
flags="$flags -fno-optimize-sibling-calls -fno-ipa-icf -fno-schedule-insns2"
case $(uname -m) in
  x86_64) flags="$flags -fcf-protection=none -mno-omit-leaf-frame-pointer" ;;
esac

# Makes a file under a temporary name, then moves it: a running program keeps the library that it has mapped.
build() {
  target=$out/$1
  shift
  # shellcheck disable=SC2086
  "$cc" $flags "$@" -o "$target.$$"
  mv -f "$target.$$" "$target"
}

build libcuda.so.1 -shared -Wl,-soname,libcuda.so.1 -Wl,-z,nodelete "$here"/device/*.c "$here"/driver/*.c
ln -sf libcuda.so.1 "$out/libcuda.so"
# NVIDIA's runtime wants to lie at a multiple of 2 MiB, so a loader maps it to a fixed place: so does this one.
build libcudart.so.12 -shared -Wl,-z,max-page-size=0x200000 -Wl,-soname,libcudart.so.12 -Wl,-z,nodelete -Wl,-z,defs -Wl,--version-script="$here/cudart.map" \
  '-Wl,-rpath,$ORIGIN' "$here"/runtime/*.c "$out/libcuda.so.1"
ln -sf libcudart.so.12 "$out/libcudart.so"

for name in counted storm longjmp; do
  build "$name" "$workloads/$name.c" '-Wl,-rpath,$ORIGIN' "$out/libcudart.so.12" "$out/libcuda.so.1"
done
build actor "$here"/../actor/*.c '-Wl,-rpath,$ORIGIN' "$out/libcudart.so.12" "$out/libcuda.so.1"
build check "$here/check.c" '-Wl,-rpath,$ORIGIN' "$out/libcudart.so.12" "$out/libcuda.so.1"
build stress "$workloads/stress.c"
build realcuda "$workloads/realcuda.c" -ldl

# A program with the runtime inside it needs the real static library; without the toolkit there is none.
if [ -f "$cuda/lib64/libcudart_static.a" ]; then
  build static "$workloads/static.c" "$cuda/lib64/libcudart_static.a" -ldl -lrt
else
  rm -f "$out/static"
fi

touch "$out/done"
