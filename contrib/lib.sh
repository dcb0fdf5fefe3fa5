# shellcheck shell=bash
# What contrib/demo and contrib/test share: words on the screen, packages, the build.

CONTRIB_TOP=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)

# What is needed to build, for the demo, for the tests, and for their guest with the stock kernel.
declare -A PACKAGES=(
	[build]="autoconf automake libtool pkg-config make gcc libc6-dev libmnl-dev
		libnetfilter-queue-dev libnetfilter-conntrack-dev libnftnl-dev libev-dev libconfuse-dev
		libjansson-dev libcap-ng-dev clang libbpf-dev linux-libc-dev"
	[demo]="nftables iproute2 iputils-ping procps jq strongswan-charon
		strongswan-swanctl libcharon-extra-plugins
		libstrongswan-standard-plugins libstrongswan-extra-plugins"
	[test]="check conntrack libpcap-dev openssl shellcheck tcpdump universal-ctags
		xz-utils"
	[vm]="qemu-system-x86 busybox-static kmod cpio util-linux ipvsadm"
)
# The same in words that do not depend on the distribution.
declare -A PROGRAMS=(
	[build]="autoreconf automake libtoolize pkg-config make gcc clang"
	[demo]="nft ip ping sysctl jq swanctl /usr/lib/ipsec/charon"
	[test]="conntrack openssl shellcheck tcpdump ctags xz"
	[vm]="qemu-system-x86_64 busybox modprobe depmod cpio flock ipvsadm"
)
declare -A LIBRARIES=(
	[build]="libmnl libnetfilter_queue libnetfilter_conntrack libnftnl libconfuse jansson libcap-ng libbpf"
	[demo]=""
	[test]="check libpcap"
	[vm]=""
)

# Sets the colours, which only a terminal gets.
colours_set() {
	C_HEAD='' C_COMMAND='' C_GOOD='' C_BAD='' C_NONE=''
	[ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${NO_COLOR:-}" ] || return 0
	C_HEAD=$'\e[1;34m' C_COMMAND=$'\e[1m' C_GOOD=$'\e[32m' C_BAD=$'\e[31m' C_NONE=$'\e[0m'
}

# Tells the next thing that happens.
say() {
	printf '%s== %s%s\n' "$C_HEAD" "$*" "$C_NONE"
}

# Tells what came of it, well or badly.
say_good() {
	printf '%s%s%s\n' "$C_GOOD" "$*" "$C_NONE"
}

# Tells what went wrong.
say_bad() {
	printf '%s%s%s\n' "$C_BAD" "$*" "$C_NONE"
}

# Ends the program with a reason.
die() {
	say_bad "${0##*/}: $*" >&2
	exit 1
}

# Ends the program unless it runs as root.
need_root() {
	[ "$(id -u)" = 0 ] ||
		die "must be run as root: it makes network namespaces and installs packages"
}

# True on the distribution whose packages we know.
on_debian_12() {
	local ID='' VERSION_ID=''
	# shellcheck source=/dev/null
	[ -r /etc/os-release ] && . /etc/os-release
	[ "$ID" = debian ] && [ "$VERSION_ID" = 12 ] && command -v apt-get >/dev/null
}

# Prints those of the named packages that are not installed.
packages_missing() {
	local package
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			echo "$package"
	done
}

# Prints those of the named programs and libraries that are not found, needs as words:
# "build", "demo", "test", "vm".
things_missing() {
	local need thing
	for need; do
		for thing in ${PROGRAMS[$need]}; do
			command -v "$thing" >/dev/null || echo "program $thing"
		done
		for thing in ${LIBRARIES[$need]}; do
			pkg-config --exists "$thing" 2>/dev/null || echo "library and headers $thing"
		done
	done
	header_found ev.h || echo "header ev.h (libev)"
}

# True when the compiler finds header $1.
header_found() {
	echo "#include <$1>" | gcc -E -x c - >/dev/null 2>&1
}

# Keeps packages from starting services while they are installed: a strongSwan that ran on
# the host would hold its ports. An administrator's own policy is left as it is.
services_hold() {
	SERVICES_HELD=
	[ -e /usr/sbin/policy-rc.d ] && return
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	SERVICES_HELD=yes
}

# Lets packages start services again.
services_release() {
	[ -n "$SERVICES_HELD" ] && rm -f /usr/sbin/policy-rc.d
	return 0
}

# Has systemd, where it runs, not start the strongSwan that we installed at the next boot.
strongswan_disable() {
	[ -d /run/systemd/system ] || return 0
	systemctl disable --quiet --now strongswan-starter.service 2>/dev/null
	return 0
}

# Installs the named packages; in a subshell, for its trap.
packages_install() (
	services_hold
	trap services_release EXIT
	trap 'exit 130' INT TERM
	export DEBIAN_FRONTEND=noninteractive
	quietly apt-get update || exit 1
	quietly apt-get install -y --no-install-recommends "$@" || exit 1
	case " $* " in *" strongswan-charon "*) strongswan_disable ;; esac
)

# Sees to it that everything is there: needs as words, "build", "demo", "test".
requirements_meet() {
	local need wanted=() missing
	if ! on_debian_12; then
		mapfile -t missing < <(things_missing "$@")
		[ ${#missing[@]} -eq 0 ] && return
		say_bad "This is not Debian 12, so nothing is installed here. Not found:"
		printf '  %s\n' "${missing[@]}"
		die "install these and call again"
	fi
	for need; do
		# shellcheck disable=SC2206 # a list of words
		wanted+=(${PACKAGES[$need]})
	done
	mapfile -t missing < <(packages_missing "${wanted[@]}")
	if [ ${#missing[@]} -eq 0 ]; then
		say "Packages: all there"
		return
	fi
	say "Installing ${missing[*]}"
	packages_install "${missing[@]}" || die "apt-get could not install what is missing"
}

# Prints a command before it runs.
announce() {
	case $1 in
	in_directory) printf '%s$ cd %s && %s%s\n' "$C_COMMAND" "$2" "${*:3}" "$C_NONE" ;;
	*) printf '%s$ %s%s\n' "$C_COMMAND" "$*" "$C_NONE" ;;
	esac
}

# Runs a command with its output in a log that is shown only when it fails.
quietly() {
	local log status
	log=$(mktemp "${TMPDIR:-/tmp}/ipb-log.XXXXXX")
	announce "$@"
	"$@" >"$log" 2>&1 </dev/null
	status=$?
	if [ "$status" -ne 0 ]; then
		tail -n 40 "$log"
		say_bad "status $status: $*"
	fi
	rm -f "$log"
	return "$status"
}

# True when configure is missing or older than what it is made from.
configure_is_stale() {
	[ ! -x "$CONTRIB_TOP/configure" ] || [ ! -f "$CONTRIB_TOP/Makefile.in" ] ||
		[ -n "$(find "$CONTRIB_TOP"/configure.ac "$CONTRIB_TOP"/Makefile.am \
			"$CONTRIB_TOP"/*/local.mk "$CONTRIB_TOP"/*/*/local.mk \
			-newer "$CONTRIB_TOP/configure" 2>/dev/null)" ]
}

# Runs a command in directory $1.
in_directory() (
	cd "$1" && shift && "$@"
)

# Builds in build/$1 with the configure options that follow; names the directory in BUILD.
build_in() {
	local options
	BUILD=$CONTRIB_TOP/build/$1
	shift
	options="$*"
	mkdir -p "$BUILD"
	# Two runs side by side must not configure the same tree at once.
	exec {BUILD_LOCK}>"$CONTRIB_TOP/build/.lock"
	flock "$BUILD_LOCK"
	say "Building in $BUILD${options:+ with $options}"
	build_locked "$@"
	set -- $?
	exec {BUILD_LOCK}>&-
	return "$1"
}

# The part of build_in that needs the lock: autoreconf, configure, make.
build_locked() {
	if configure_is_stale; then
		quietly in_directory "$CONTRIB_TOP" autoreconf -fi || return 1
	fi
	if [ "$CONTRIB_TOP/configure" -nt "$BUILD/config.status" ] ||
		[ "$(cat "$BUILD/.options" 2>/dev/null)" != "$*" ]; then
		quietly in_directory "$BUILD" "$CONTRIB_TOP/configure" "$@" || return 1
		echo "$*" >"$BUILD/.options"
	fi
	quietly make -C "$BUILD" -j "$(nproc)" all tests/lab/stray tests/bench/flooder
}
