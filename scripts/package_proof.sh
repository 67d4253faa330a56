#!/usr/bin/env bash
# Installs the .deb into an empty Debian 12 and times the first blurred video there. Outside CI: needs root, debootstrap and a
# mirror of Debian.
#
#   scripts/package_proof.sh [FILE.deb [SUITE]]      (default: what scripts/package.sh made, bookworm)
#
# What needs the network (the empty root, the libraries that the package depends on) is done first; from there on the root has
# none, and the time counts from the installation of the package itself.
set -euo pipefail
cd "$(dirname "$0")/.."
deb=$(realpath "${1:-$(ls build/release/packages-deb/*.deb)}")
suite=${2:-bookworm}
root=$(mktemp -d /tmp/cumulet-root-XXXXXX)
trap 'rm -rf --one-file-system "$root"' EXIT

debootstrap --variant=minbase "$suite" "$root" >"$root.log" 2>&1 || { tail "$root.log" >&2; exit 1; }
rm -f "$root.log"
cp "$deb" "$root/cumulet.deb"

# Inside the root as its own file system: a chroot could make no user namespaces. $1: "--net" without a network.
inside() {
  local net=$1
  shift
  unshare --mount --pid --fork $net bash -euc '
    ip link set lo up  # the root has no ip of its own
    mount --bind "$0" "$0"; cd "$0"
    mount --rbind /dev dev; mount --rbind /sys sys; mount -t proc proc proc; mount -t tmpfs tmpfs tmp
    cp -L /etc/resolv.conf etc/resolv.conf 2>/dev/null || true
    pivot_root . mnt; umount -l /mnt; cd /
    exec "$@"' "$root" "$@"
}

inside "" bash -euc 'export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends --download-only /cumulet.deb
  apt-get install -qq -y --no-install-recommends ca-certificates >/dev/null' >/dev/null

inside --net bash -euc 'export DEBIAN_FRONTEND=noninteractive HOME=/root
  began=$(date +%s%N)
  told() { printf "%5d ms  %s\n" $((($(date +%s%N) - began) / 1000000)) "$1"; }
  apt-get install -qq -y --no-install-recommends /cumulet.deb >/dev/null 2>/tmp/apt.err || { cat /tmp/apt.err >&2; exit 1; }
  told "installed, its libraries too"
  cumulet version
  cumulet blur /usr/share/cumulet/samples/faces.mp4 --output /tmp/blurred.mp4 >/tmp/blur.txt 2>&1 || { cat /tmp/blur.txt >&2; exit 1; }
  told "the first blurred video: $(stat -c %s /tmp/blurred.mp4) bytes"
  cumulet up --detach --ephemeral
  told "an engine answers"
  cumulet deploy /usr/share/cumulet/faceblur/template.yaml --stack faceblur >/tmp/deploy.txt 2>&1 || { cat /tmp/deploy.txt >&2; exit 1; }
  told "FaceBlur is deployed"
  cumulet stop --endpoint http://127.0.0.1:4566
  man -w cumulet 2>/dev/null || ls /usr/share/man/man1/cumulet.1.gz /usr/share/man/man1/cumulet.1 2>/dev/null || true
  cumulet doctor || true'
