#!/bin/sh
# Turns fresh mount, process, host name and IPC namespaces into a machine and becomes its first process.
# Usage: machine.sh FOLDER HOSTNAME
set -eu
folder=$1
hostname=$2

# Everything that runs here is accounted to the machine.
while read -r cgroup; do
	echo 0 >"$cgroup/cgroup.procs"
done <"$folder/cgroups"

mount --make-rshared /
mount -t proc proc /proc
echo "$hostname" >/proc/sys/kernel/hostname
mount -t tmpfs -o mode=755 tmpfs /run
mount --bind "$folder/var/lib" /var/lib
mount --bind "$folder/var/log" /var/log

# Kernel settings that belong to the whole computer look as kubelet wants them, and it leaves them alone.
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
	kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
	echo "${setting#*=}" >"/run/setting"
	mkdir -p "/run/settings/$(dirname "${setting%=*}")"
	mv /run/setting "/run/settings/${setting%=*}"
	mount --bind "/run/settings/${setting%=*}" "/proc/sys/${setting%=*}"
done

exec tini -- runsvdir -P "$folder/services"
