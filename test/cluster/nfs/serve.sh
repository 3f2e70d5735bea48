#!/bin/sh
# Serves the folders of an NFS server over NFS 3 and 4, in mount and network namespaces of its own.
# Usage: serve.sh FOLDER, which holds ganesha.conf; what it needs of Debian is under USR.
set -eu
folder=$1

mount --make-rprivate /
mount -t overlay -o "lowerdir=$USR:/usr" overlay /usr
mount -t tmpfs tmpfs /run
# A file system of its own: not every one gives the handles that NFS needs.
mount -t tmpfs tmpfs "$folder/exports"
mkdir -p /run/ganesha /run/rpcbind

# Debian's rpcbind takes a user of its own.
{ cat /etc/passwd && echo '_rpc:x:65533:65534::/run/rpcbind:/usr/sbin/nologin'; } >/run/passwd
mount --bind /run/passwd /etc/passwd

owner=10006
mkdir -m 0750 "$folder/exports/catalogue"
mkdir -m 0755 "$folder/exports/elevation" "$folder/exports/exchange" "$folder/exports/exchange/writer"
echo 42 >"$folder/exports/elevation/grid"
chown -R "$owner:$owner" "$folder/exports/catalogue" "$folder/exports/exchange"

rpcbind -i
exec ganesha.nfsd -F -f "$folder/ganesha.conf" -L STDOUT -p /run/ganesha/pid
