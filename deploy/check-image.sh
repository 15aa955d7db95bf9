#!/bin/sh
# Builds the image for real and looks inside it, where no engine and no image registry may be at hand: as root, with
# podman, from a base made by debootstrap. Containers are not run, their files are: every program answers --help in a
# chroot of the finished image. Takes ten minutes and 3 GB below $1 (default: a temporary directory).
# A mirror or certificate that this machine needs is lent to the build (/etc/pip.conf, ~/.npmrc), never put in the image.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "run this as root: it makes a base image with debootstrap" >&2; exit 2; }
for tool in podman debootstrap; do
    command -v $tool >/dev/null || { echo "missing: apt-get install --no-install-recommends podman buildah debootstrap" >&2; exit 2; }
done
work="${1:-$(mktemp -d)}"
mkdir -p "$work"
suite="${SUITE:-bookworm}"
mirror="$(sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p; s/^URIs: \([^ ]*\).*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1)"

podman() { command podman --root "$work/storage" --runroot "$work/run" --storage-driver=vfs --cgroup-manager=cgroupfs "$@"; }

echo "== base"
if [ ! -e "$work/base.tar" ]; then
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv "$suite" "$work/base" ${mirror:+"$mirror"} >"$work/debootstrap.log"
    # npm by apt, which resolves what debootstrap does not; with this machine's own sources.
    rm -f "$work/base/etc/apt/sources.list"
    cp -rL /etc/apt/sources.list* /etc/apt/apt.conf.d "$work/base/etc/apt/"
    cp -L /etc/resolv.conf "$work/base/etc/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/"
    chroot "$work/base" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm' >>"$work/debootstrap.log"
    rm -rf "$work/base/var/cache/apt/archives" "$work/base/var/lib/apt/lists" "$work/base/etc/apt/sources.list.d"
    tar -C "$work/base" -cf "$work/base.tar" .
fi
podman import "$work/base.tar" linli-base:check

echo "== build"
set --
for file in /etc/pip.conf /root/.npmrc /etc/ssl/certs/ca-certificates.crt /etc/resolv.conf; do
    [ -e "$file" ] && set -- "$@" -v "$file:$file:ro"
done
podman build --isolation=chroot --network=host "$@" --build-arg BASE=localhost/linli-base:check -f deploy/Dockerfile -t linli:check .

echo "== inside"
root="$(podman image mount linli:check)"
fail=0
for name in provision gateway streams registry history alarms tickets oncall notices api simulator replay rehearse audit; do
    chroot --userspec=10001:10001 "$root" /opt/linli/bin/linli-$name --help >/dev/null || { echo "linli-$name does not answer --help" >&2; fail=1; }
done
site="$(chroot "$root" /opt/linli/bin/python -c 'import dashboards, os; print(os.path.dirname(dashboards.__file__))')"
[ -n "$(ls "$root$site/web/static/vendor")" ] || { echo "the browser's libraries are missing" >&2; fail=1; }
[ -e "$root/etc/pip.conf" ] && [ -s "$root/etc/pip.conf" ] && { echo "the build's pip.conf is in the image" >&2; fail=1; }
[ ! -e "$root/opt/linli/bin/pytest" ] || { echo "the image carries the tests' tools" >&2; fail=1; }
user="$(podman image inspect -f '{{.User}}' linli:check)"
[ "$user" = linli ] || { echo "the image runs as '$user'" >&2; fail=1; }
du -sh "$root" | sed 's/\t.*/ in the image/'
podman image unmount linli:check >/dev/null
[ $fail = 0 ] && echo "the image is as it should be ($work may be removed)"
exit $fail
