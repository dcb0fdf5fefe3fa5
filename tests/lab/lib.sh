# shellcheck shell=bash
# Namespaces, processes and their end, for the lab's stages and the demo. Sourced, never run.
#
# Everything a run makes carries the run's own prefix or lies in the run's own directory, so
# that two runs side by side do not meet. Nothing here touches the host's own network.

LAB_HOME=${BASH_SOURCE[0]%/*}
LAB_DIR=
LAB_PREFIX=
LAB_SPAWNED=

# shellcheck source=topology.sh
. "$LAB_HOME/topology.sh"
# shellcheck source=peers.sh
. "$LAB_HOME/peers.sh"
# shellcheck source=director.sh
. "$LAB_HOME/director.sh"
# shellcheck source=watch.sh
. "$LAB_HOME/watch.sh"
# shellcheck source=pki.sh
. "$LAB_HOME/pki.sh"
# shellcheck source=libreswan.sh
. "$LAB_HOME/libreswan.sh"
# shellcheck source=capture.sh
. "$LAB_HOME/capture.sh"
# shellcheck source=strangers.sh
. "$LAB_HOME/strangers.sh"
# shellcheck source=ipvs.sh
. "$LAB_HOME/ipvs.sh"
# shellcheck source=affinity.sh
. "$LAB_HOME/affinity.sh"

# Ends the calling shell with a reason on stderr.
lab_die() {
	printf 'lab: %s\n' "$*" >&2
	exit 1
}

# Makes the work directory $1 (made by mktemp when not given) and the prefix for this run.
lab_init() {
	LAB_DIR=${1:-$(mktemp -d "${TMPDIR:-/tmp}/ipb-lab.XXXXXX")}
	# An interrupted run is found by its directory, so the namespaces are named after it.
	LAB_PREFIX=ipb$(printf '%s' "${LAB_DIR##*.}" | tr -cd 'A-Za-z0-9')-
	mkdir -p "$LAB_DIR/log"
	: >"$LAB_DIR/namespaces"
	: >"$LAB_DIR/pids"
}

# Finds a run that was left standing in directory $1 again.
lab_attach() {
	LAB_DIR=$1
	[ -f "$LAB_DIR/namespaces" ] || lab_die "$LAB_DIR is not a lab's directory"
	LAB_PREFIX=$(sed -n '1s/-[^-]*$/-/p' "$LAB_DIR/namespaces")
}

# Prints the full name of namespace $1 of this run.
lab_ns() {
	printf '%s%s' "$LAB_PREFIX" "$1"
}

# Runs a command in namespace $1.
lab_in() {
	local ns=$1
	shift
	ip netns exec "$LAB_PREFIX$ns" "$@"
}

# Runs a command in the network of namespace $1, but with this machine's file systems: what is
# pinned in /sys/fs/bpf would else be gone with the process.
lab_in_mounted() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$LAB_PREFIX$ns" "$@"
}

# Runs ip(8) on namespace $1, without the cost of entering it.
lab_ip() {
	local ns=$1
	shift
	ip -n "$LAB_PREFIX$ns" "$@"
}

# Runs the lines of ip(8) commands on stdin on namespace $1, all in one process: where
# programs start slowly, as in an emulated guest, that is most of the time.
lab_ip_lines() {
	ip -n "$LAB_PREFIX$1" -batch -
}

# Makes namespace $1: both families, no reverse path filter, no address checks. What else is
# to be set in it may follow.
lab_ns_add() {
	local ns=$1
	shift
	ip netns add "$LAB_PREFIX$ns" || return 1
	echo "$LAB_PREFIX$ns" >>"$LAB_DIR/namespaces"
	lab_in "$ns" sysctl -qw "$@" \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0
}

# Makes a namespace as lab_ns_add does, one that forwards packets, without redirects that
# would shorten the way round us.
lab_ns_add_router() {
	lab_ns_add "$@" net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
}

# Starts a command in namespace $2, output to log/$1.log; its pid is left in LAB_SPAWNED.
lab_spawn() {
	local label=$1 ns=$2
	shift 2
	ip netns exec "$LAB_PREFIX$ns" "$@" </dev/null >>"$LAB_DIR/log/$label.log" 2>&1 &
	lab_spawned "$label"
}

# The same as lab_in_mounted runs it.
lab_spawn_mounted() {
	local label=$1 ns=$2
	shift 2
	nsenter --net="/run/netns/$LAB_PREFIX$ns" "$@" </dev/null \
		>>"$LAB_DIR/log/$label.log" 2>&1 &
	lab_spawned "$label"
}

# Takes down the process that was started last, as $1.
lab_spawned() {
	LAB_SPAWNED=$!
	# Out of the shell's job table: a kill -9 in a stage is no news for the screen.
	disown "$LAB_SPAWNED"
	echo "$LAB_SPAWNED $(lab_start_time "$LAB_SPAWNED") $1" >>"$LAB_DIR/pids"
}

# Prints when process $1 started, in ticks: with the pid, a name nobody else can take over.
lab_start_time() {
	local line
	read -r line <"/proc/$1/stat" || return 1
	set -- "${line##*) }"
	printf '%s' "$1" | cut -d' ' -f20
} 2>/dev/null

# True while any thread of process $1 runs: a zombie does not, but others may when its first
# thread is one, and have open what it had.
lab_alive() {
	local stat line
	for stat in "/proc/$1"/task/*/stat; do
		read -r line <"$stat" || continue
		case ${line##*) } in
		Z* | X*) ;;
		*) return 0 ;;
		esac
	done
	return 1
} 2>/dev/null

# Waits until a command is true, at most $1 tenths of a second.
lab_until() {
	local tenths=$1
	shift
	while ! "$@"; do
		tenths=$((tenths - 1))
		[ "$tenths" -gt 0 ] || return 1
		sleep 0.1
	done
}

# The opposite of a command, for lab_until.
lab_not() {
	! "$@"
}

# Ends processes: asks all, waits up to $1 tenths of a second, then insists.
lab_end() {
	local tenths=$1 pid
	shift
	for pid; do kill -TERM "$pid" 2>/dev/null; done
	for pid; do
		lab_until "$tenths" lab_not lab_alive "$pid" || kill -KILL "$pid" 2>/dev/null
		lab_until 50 lab_not lab_alive "$pid"
	done
	return 0
}

# Prints the recorded processes that still run, those with another start time left out.
lab_recorded_pids() {
	local pid start label
	[ -f "$LAB_DIR/pids" ] || return 0
	while read -r pid start label; do
		: "$label"
		lab_alive "$pid" && [ "$(lab_start_time "$pid")" = "$start" ] && echo "$pid"
	done <"$LAB_DIR/pids"
	return 0
}

# Removes everything: recorded processes, what still runs in our namespaces, the namespaces.
lab_down() {
	local ns pids
	[ -n "$LAB_DIR" ] && [ -d "$LAB_DIR" ] || return 0
	mapfile -t pids < <(lab_recorded_pids)
	lab_end 50 "${pids[@]}"
	while read -r ns; do
		mapfile -t pids < <(ip netns pids "$ns" 2>/dev/null)
		lab_end 20 "${pids[@]}"
		lab_unpin "$ns"
		ip netns del "$ns" 2>/dev/null
	done <"$LAB_DIR/namespaces"
	: >"$LAB_DIR/namespaces"
	: >"$LAB_DIR/pids"
}

# Removes what a director has pinned for namespace $1, whose number another may get.
lab_unpin() {
	local number
	number=$(stat -Lc %i "/run/netns/$1") &&
		rm -rf "/sys/fs/bpf/ipsec-balancer-$number"
} 2>/dev/null

# Removes the work directory as well.
lab_forget() {
	[ -n "$LAB_DIR" ] && [ -f "$LAB_DIR/namespaces" ] && rm -rf "$LAB_DIR"
	return 0
}
