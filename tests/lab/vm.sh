# shellcheck shell=bash
# A guest with Debian's stock kernel and systemd as its init, for kernels that lack what a
# stage needs. Sourced by run.
#
# The guest has no disk: it sees this machine's root over 9p, read-only, under an overlay in
# memory, so whatever was built here runs there. Only the run's own directory can be written
# by the guest. Nothing is installed here; kernel (and systemd, where this machine has none)
# are unpacked beside the build and stay there for the next time.

VM_HOME=${BASH_SOURCE[0]%/*}
VM_DIR=
VM_PID=
VM_CPUS=${VM_CPUS:-$(nproc)}
VM_MEMORY_MB=$((1024 + 512 * VM_CPUS))
# Emulation works everywhere; a /dev/kvm may be there and yet run no guest.
VM_ACCEL=${VM_ACCEL:-tcg,thread=multi}
# More words for the emulator.
VM_OPTIONS=()
# What the kernel need not do here: guard against the guest's own programs, test its ciphers,
# clear what it allocates, distrust the processor's clock. And programs must lie where they
# lay before: emulation keeps translated code by its address, and starts one 2.5 times faster.
VM_QUICK="mitigations=off lsm= audit=0 cryptomgr.notests init_on_alloc=0 tsc=reliable"
VM_QUICK="$VM_QUICK norandmaps"
# What the initramfs needs to reach the machine's root; everything else loads from there.
VM_MODULES="virtio_pci 9pnet_virtio 9p overlay"
# What is kept of the kernel package: the rest drives hardware that the guest has not.
VM_KEPT=(
	'./boot/vmlinuz-*'
	'./lib/modules/*/modules.builtin*' './lib/modules/*/modules.order'
	'./lib/modules/*/kernel/arch' './lib/modules/*/kernel/crypto'
	'./lib/modules/*/kernel/lib' './lib/modules/*/kernel/net'
	'./lib/modules/*/kernel/fs/9p' './lib/modules/*/kernel/fs/autofs'
	'./lib/modules/*/kernel/fs/fscache' './lib/modules/*/kernel/fs/netfs'
	'./lib/modules/*/kernel/fs/overlayfs'
	'./lib/modules/*/kernel/drivers/net/*.ko' './lib/modules/*/kernel/drivers/virtio'
)

# Prints why no guest can be had here; nothing when one can.
vm_missing() {
	local program
	[ "$(uname -m)" = x86_64 ] || echo "the guest is for x86_64 only"
	for program in qemu-system-x86_64:qemu-system-x86 /bin/busybox:busybox-static \
		modprobe:kmod depmod:kmod cpio:cpio flock:util-linux; do
		command -v "${program%%:*}" >/dev/null ||
			echo "no ${program%%:*} (${program##*:})"
	done
	[ -f "$(vm_cache)/ready" ] || command -v apt-get >/dev/null ||
		echo "no apt-get to fetch Debian's kernel with"
}

# Prints where kernel and initramfs are kept.
vm_cache() {
	echo "${VM_CACHE:-${BUILD:?}/vm}"
}

# Prints the package that the stock kernel is in.
vm_kernel_package() {
	apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: //p' | head -n 1
}

# Prints the packages that systemd would bring here; fails if it would take others away.
vm_systemd_packages() {
	local plan
	[ -x /lib/systemd/systemd ] && return
	plan=$(apt-get install -s --no-install-recommends systemd) || return 1
	case $plan in *$'\nRemv '*) return 1 ;; esac
	printf '%s\n' "$plan" | sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# Downloads the named packages into directory $1.
vm_fetch() {
	mkdir -p "$1" || return 1
	(cd "$1" && shift && apt-get -q -o APT::Sandbox::User=root download "$@")
}

# Unpacks package file $1 under directory $2, merged as this machine's root is; patterns of
# what is wanted of it may follow.
vm_unpack() {
	local file=$1 root=$2
	shift 2
	dpkg-deb --fsys-tarfile "$file" | tar -x -C "$root" --keep-directory-symlink \
		--no-same-owner --wildcards --no-wildcards-match-slash "$@"
}

# Makes what is laid over this machine's root, and the kernel, in directory $1.
vm_root_make() {
	local new=$1 name systemd
	mkdir -p "$new/root/usr/lib" "$new/root/usr/bin" "$new/root/usr/sbin" || return 1
	for name in lib bin sbin; do ln -s "usr/$name" "$new/root/$name"; done
	# A machine that never asked has no list of packages.
	[ -n "$(vm_kernel_package)" ] || apt-get -q update || return 1
	name=$(vm_kernel_package) && [ -n "$name" ] || return 1
	vm_fetch "$new/deb" "$name" || return 1
	vm_unpack "$new"/deb/linux-image-*.deb "$new/root" "${VM_KEPT[@]}" || return 1
	mv "$new"/root/boot/vmlinuz-* "$new/vmlinuz" && rmdir "$new/root/boot" || return 1
	systemd=$(vm_systemd_packages) || return 1
	rm -f "$new"/deb/*
	# shellcheck disable=SC2086 # a list of words
	[ -z "$systemd" ] || vm_fetch "$new/deb" $systemd || return 1
	for name in "$new"/deb/*.deb; do
		[ ! -f "$name" ] || vm_unpack "$name" "$new/root" || return 1
	done
	rm -rf "$new/deb"
}

# Makes the initramfs of kernel and root in directory $1.
vm_initramfs_make() {
	local new=$1 version module file number=100
	version=$(ls "$new/root/lib/modules")
	depmod -b "$new/root" "$version" && mkdir -p "$new/ram/bin" "$new/ram/modules" || return 1
	cp /bin/busybox "$new/ram/bin/" && install -m 755 "$VM_HOME/vm-init" "$new/ram/init" ||
		return 1
	ln -s busybox "$new/ram/bin/sh"
	for module in $VM_MODULES; do
		modprobe -d "$new/root" -S "$version" --show-depends "$module" || return 1
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >"$new/modules"
	# The order is that of the names.
	while read -r file; do
		number=$((number + 1))
		cp "$file" "$new/ram/modules/$number-${file##*/}" || return 1
	done <"$new/modules"
	(cd "$new/ram" && find . | cpio --quiet -o -H newc) >"$new/initramfs" || return 1
	rm -rf "$new/ram" "$new/modules"
}

# Sees to it that the cache has what a guest needs.
vm_prepare() (
	cache=$(vm_cache)
	mkdir -p "${cache%/*}" || exit 1
	exec {lock}>"$cache.lock" && flock "$lock" || exit 1
	if [ ! -f "$cache/ready" ] || [ "$VM_HOME/vm-init" -nt "$cache/ready" ] ||
		[ "$VM_HOME/vm.sh" -nt "$cache/ready" ]; then
		rm -rf "$cache" "$cache.new"
		vm_root_make "$cache.new" && vm_initramfs_make "$cache.new" || exit 1
		mv "$cache.new" "$cache" && touch "$cache/ready"
	fi >"$cache.log" 2>&1
)

# Starts the guest for at most $1 seconds, its words to the fifo of VM_DIR, and leaves the
# process in VM_PID. A command must have been written, see vm_start.
vm_boot() {
	local cache
	cache=$(cd "$(vm_cache)" && pwd) || return 1
	timeout --foreground -k 5 "$1" qemu-system-x86_64 -M q35 -cpu max -smp "$VM_CPUS" \
		-m "$VM_MEMORY_MB" -accel "$VM_ACCEL" "${VM_OPTIONS[@]}" -no-reboot -nodefaults \
		-display none -monitor none -nic none \
		-serial "file:$VM_DIR/console.log" -serial stdio \
		-kernel "$cache/vmlinuz" -initrd "$cache/initramfs" \
		-append "console=ttyS0 quiet panic=-1 $VM_QUICK" \
		-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
		-virtfs "local,path=$cache/root,mount_tag=over,security_model=none,readonly=on" \
		-virtfs "local,path=$VM_DIR,mount_tag=run,security_model=none" \
		</dev/null >"$VM_DIR/output" 2>"$VM_DIR/qemu.log" &
	VM_PID=$!
}

# Boots a guest that runs a command, at most $1 seconds long, with TMPDIR in kept/ of the new
# directory VM_DIR. What the command leaves in TMPDIR is there afterwards under the same name.
vm_start() {
	local seconds=$1
	shift
	VM_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ipb-vm.XXXXXX") || return 1
	mkdir "$VM_DIR/kept" && mkfifo "$VM_DIR/output" || return 1
	{
		printf 'export LAB_GUEST=yes TMPDIR=%q BUILD=%q\n' "$VM_DIR/kept" "$BUILD"
		printf 'cd %q || exit 1\n' "$PWD"
		printf 'timeout -k 30 %s' "$seconds"
		printf ' %q' "$@"
		echo
	} >"$VM_DIR/command"
	cp "$VM_HOME/vm-guest" "$VM_DIR/guest"
	# The guest keeps the time itself; the rest is for booting and saving.
	vm_boot $((seconds + 90))
}

# Waits for the guest's end; its command's exit status, or 125 when it never got so far.
vm_wait() {
	local status=125
	wait "$VM_PID"
	VM_PID=
	[ -s "$VM_DIR/status" ] && read -r status <"$VM_DIR/status"
	return "$status"
}

# Ends the guest if it still runs, and removes its directory unless something was kept in it.
vm_down() {
	[ -z "$VM_PID" ] || lab_end 50 "$VM_PID"
	VM_PID=
	[ -n "$VM_DIR" ] && [ -d "$VM_DIR" ] || return 0
	rm -f "$VM_DIR/output" "$VM_DIR/guest" "$VM_DIR/command"
	if [ -s "$VM_DIR/status" ] && rmdir "$VM_DIR/kept" 2>/dev/null; then
		rm -rf "$VM_DIR"
	fi
	VM_DIR=
}
