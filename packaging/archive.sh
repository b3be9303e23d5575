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
# The memory functions are left undefined: the program has those of its C library, so those of Rust would only take space.
# The second four are what Arm's run-time ABI calls them.
memory='memcpy memmove memset memcmp'
for name in memcpy memmove memset memclr; do
    memory="$memory __aeabi_$name __aeabi_${name}4 __aeabi_${name}8"
done
wrap='' unwrap=''
for name in $memory; do
    wrap="$wrap --wrap=$name" unwrap="$unwrap --redefine-sym __wrap_$name=$name"
done
# shellcheck disable=SC2086 # One option for each name.
"${LD:-ld}" -r --gc-sections $roots $wrap -o "$folder/all.o" "$archive"
# shellcheck disable=SC2086
"${OBJCOPY:-objcopy}" $unwrap "$folder/all.o" "$folder/named.o"
# What compares for equality alone may be any comparison, and small C libraries lack this one.
"${OBJCOPY:-objcopy}" --keep-global-symbols="$symbols" --redefine-sym bcmp=memcmp --remove-section .llvmbc \
    --remove-section .llvmcmd "$folder/named.o" "$folder/pintle.o"
rm -f "$out"
"${AR:-ar}" crsD "$out" "$folder/pintle.o"
