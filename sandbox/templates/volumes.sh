#!/bin/sh
# A node's volumes. Each is a file of the size that was asked for, with a file system of its own, so that it fills up as a disk
# does; the disk below holds only what was written. Runs in the node's mount namespace.
#   volumes.sh make FOLDER BYTES   makes a volume and mounts it at FOLDER
#   volumes.sh remove FOLDER       takes it away with all that it holds
#   volumes.sh mount FOLDER        mounts all volumes below FOLDER: when the node died, the mounts were gone with it
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin

attach() {
	mkdir -p "$1"
	mountpoint -q "$1" || mount -o loop,discard "$1.img" "$1"
}

case $1 in
make)
	if [ ! -e "$2.img" ]; then
		truncate -s "$3" "$2.new"
		# The disk below has a journal already.
		mkfs.ext4 -q -F -m 0 -O ^has_journal -E lazy_itable_init=1,nodiscard,root_owner=0:0 "$2.new"
		mv "$2.new" "$2.img"
	fi
	attach "$2"
	;;
remove)
	if mountpoint -q "$2"; then umount "$2"; fi
	rm -rf "$2" "$2.img" "$2.new"
	;;
mount)
	for image in "$2"/*.img; do
		[ -e "$image" ] || continue
		# 1: it was mended.
		e2fsck -p "$image" >/dev/null || [ $? -eq 1 ]
		attach "${image%.img}"
	done
	;;
esac
