#!/bin/sh
# Makes a static library that exports the names of a list and nothing else: all that it needs of an archive of cargo's is
# linked into one object, whose other names become local.
#
#   packaging/archive.sh target/release/libpintle.a ffi/symbols.txt libpintle.a
#
# LD, OBJCOPY and AR name the tools of another target.
set -eu
archive=$1 symbols=$2 out=$3
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
roots=$(sed 's/^/-u /' "$symbols")
# shellcheck disable=SC2086 # One option for each name.
"${LD:-ld}" -r --gc-sections $roots -o "$folder/all.o" "$archive"
# What compares for equality alone may be any comparison, and small C libraries lack this one.
"${OBJCOPY:-objcopy}" --keep-global-symbols="$symbols" --redefine-sym bcmp=memcmp --remove-section .llvmbc \
    --remove-section .llvmcmd "$folder/all.o" "$folder/pintle.o"
rm -f "$out"
"${AR:-ar}" crsD "$out" "$folder/pintle.o"
