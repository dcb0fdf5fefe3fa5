# shellcheck shell=bash
# What the benches share: three namespaces (client, director, server), the director's
# configuration, whatever serves the queue, the sender, and medians. Sourced by run.

BENCH_VIRTUAL=198.51.100.1
BENCH_QUEUES=/proc/self/net/netfilter/nfnetlink_queue
BENCH_WORK=
BENCH_RUNNING=
BENCH_STATE=none
BENCH_GROUP=

# Ends the program with a reason.
bench_fail() {
	printf 'tests/bench/run: %s\n' "$*" >&2
	exit 1
}

# Makes the work directory and says how the namespaces are called.
bench_init() {
	BENCH_WORK=$(mktemp -d "${TMPDIR:-/tmp}/ipb-bench.XXXXXX") || exit 1
	BENCH_CLIENT=ipb$$-c BENCH_DIRECTOR=ipb$$-d BENCH_SERVER=ipb$$-s
	trap bench_leave EXIT
	trap 'exit 130' INT TERM
}

# Removes everything.
bench_leave() {
	trap '' INT TERM
	bench_down
	[ -z "$BENCH_GROUP" ] || rmdir "$BENCH_GROUP"
	rm -rf "$BENCH_WORK"
}

# Ends what serves the queue and removes the namespaces.
bench_down() {
	local namespace
	bench_stop
	for namespace in "$BENCH_CLIENT" "$BENCH_DIRECTOR" "$BENCH_SERVER"; do
		[ ! -e "/run/netns/$namespace" ] || ip netns del "$namespace"
	done
}

# Ends the process that serves the queue, if there is one.
bench_stop() {
	[ -n "$BENCH_RUNNING" ] || return 0
	kill -TERM "$BENCH_RUNNING" 2>/dev/null
	wait "$BENCH_RUNNING" 2>/dev/null
	BENCH_RUNNING=
}

# Runs a command in the director's namespace.
bench_in_director() {
	ip netns exec "$BENCH_DIRECTOR" "$@"
}

# Prints the path of a built program, $1 being its place in the build directory.
bench_built() {
	[ -x "$BUILD/$1" ] || bench_fail "$BUILD/$1 is missing: make -C $BUILD check TESTS="
	printf '%s' "$BUILD/$1"
}

# Prints the addresses of $1 servers.
bench_servers() {
	local number
	for ((number = 0; number < $1; number++)); do echo "10.2.0.$((number + 11))"; done
}

# Makes the namespaces with $1 servers, which are one machine. What arrives there is dropped
# at once and costs it nothing. Neighbours are fixed, so that no packet waits for an address.
bench_up() {
	local namespace
	bench_down
	for namespace in "$BENCH_CLIENT" "$BENCH_DIRECTOR" "$BENCH_SERVER"; do
		ip netns add "$namespace" || exit 1
		# Otherwise the links' own packets would be counted.
		ip netns exec "$namespace" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1 || exit 1
	done
	ip -n "$BENCH_CLIENT" -batch - <<-END || exit 1
		link set lo up
		link add up0 address 02:00:00:00:00:03 type veth peer name down0 address 02:00:00:00:00:01 netns $BENCH_DIRECTOR
		link set up0 up
	END
	{
		echo "link set lo up"
		echo "link add up0 type veth peer name down0 address 02:00:00:00:00:02 netns $BENCH_SERVER"
		echo "addr add 192.0.2.1/24 dev down0"
		echo "addr add 10.2.0.1/24 dev up0"
		echo "link set down0 up"
		echo "link set up0 up"
		echo "neigh replace 192.0.2.2 lladdr 02:00:00:00:00:03 dev down0 nud permanent"
		echo "route add 10.64.0.0/11 via 192.0.2.2"
		bench_servers "$1" | sed 's/.*/neigh replace & lladdr 02:00:00:00:00:02 dev up0 nud permanent/'
	} | ip -n "$BENCH_DIRECTOR" -batch - || exit 1
	{
		echo "link set down0 up"
		bench_servers "$1" | sed 's:.*:addr add &/24 dev down0:'
	} | ip -n "$BENCH_SERVER" -batch - || exit 1
	bench_in_director sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.conf.down0.rp_filter=0 net.ipv4.conf.up0.rp_filter=0 || exit 1
	bench_drop "$BENCH_SERVER"
}

# Has namespace $1 drop all that comes in by its device down0, at the first hook there is.
bench_drop() {
	ip netns exec "$1" nft -f - <<-END || exit 1
		table netdev sink {
			chain arrived {
				type filter hook ingress device "down0" priority 0; policy drop;
			}
		}
	END
}

# Writes the configuration: method $1, fast path $2, $3 servers; more global lines may
# follow in $4, more lines of the service in $5.
bench_config() {
	local address
	{
		printf 'socket = "%s"\n' "$BENCH_WORK/control.sock"
		printf 'state-file = "%s"\nfast-path = %s\n' "$BENCH_STATE" "$2"
		printf '%s\n' "${4-}"
		printf 'service vpn {\n\taddress = {"%s"}\n\tmethod = %s\n\tscheduler = rr\n' \
			"$BENCH_VIRTUAL" "$1"
		printf '%s\n' "${5-}"
		for address in $(bench_servers "$3"); do
			printf '\tserver gw%s { address = {"%s"} }\n' "${address##*.}" "$address"
		done
		echo "}"
	} >"$BENCH_WORK/conf"
}

# Starts the daemon, or the program that follows, in the director's namespace and waits until
# it serves. Not by bench_in_director: $! must be the program and not a shell around it.
bench_start() {
	[ $# -gt 0 ] || set -- "$(bench_built src/ipsec-balancer)" --foreground --config \
		"$BENCH_WORK/conf"
	! bench_in_director grep -qs . "$BENCH_QUEUES" || bench_fail "something still holds a queue"
	rm -f "$BENCH_WORK/control.sock"
	bench_grouped ip netns exec "$BENCH_DIRECTOR" "$@" >"$BENCH_WORK/log" 2>&1 &
	BENCH_RUNNING=$!
	bench_wait "$1"
}

# Becomes the command that follows, in control group BENCH_GROUP if there is one.
bench_grouped() {
	[ -z "$BENCH_GROUP" ] || echo "$BASHPID" >"$BENCH_GROUP/cgroup.procs" || exit 1
	exec "$@"
}

# Makes a control group that counts memory, the kernel's too, for what bench_start starts; with
# the second version of control groups or the first. Without one BENCH_GROUP stays empty.
bench_group_up() {
	local top
	for top in /sys/fs/cgroup /sys/fs/cgroup/memory; do
		mkdir "$top/ipb$$" 2>/dev/null || continue
		BENCH_GROUP=$top/ipb$$
		[ ! -e "$BENCH_GROUP/memory.stat" ] || return 0
		rmdir "$BENCH_GROUP"
		BENCH_GROUP=
	done
}

# Prints the bytes that the group has of memory of its own, and what the kernel has for it.
bench_group_bytes() {
	[ -n "$BENCH_GROUP" ] || return
	if [ -e "$BENCH_GROUP/memory.kmem.usage_in_bytes" ]; then
		awk '$1 == "rss" { print $2 }' "$BENCH_GROUP/memory.stat"
		cat "$BENCH_GROUP/memory.kmem.usage_in_bytes"
	else
		awk '$1 == "anon" { own = $2 } $1 == "kernel" { of_kernel = $2 }
			END { print own; print of_kernel }' "$BENCH_GROUP/memory.stat"
	fi | tr '\n' ' '
}

# True when program $1, which has the queue, has its rules too. nft(8) lists the maps whatever it
# is asked for, which takes the kernel minutes where they are large, so only the echo is seen by it.
bench_serves() {
	case $1 in
	*/ipsec-balancer) [ -S "$BENCH_WORK/control.sock" ] ;;
	*) bench_in_director nft list tables | grep -q ipsec-balancer ;;
	esac
}

# Waits until the queue is held and the rules are there; $1 is who shall do it.
bench_wait() {
	local try
	for ((try = 0; try < 1200; try++)); do
		kill -0 "$BENCH_RUNNING" 2>/dev/null || break
		if bench_in_director grep -qs . "$BENCH_QUEUES" && bench_serves "$1"; then
			return 0
		fi
		sleep 0.05
	done
	cat "$BENCH_WORK/log" >&2
	bench_fail "$1 did not begin to serve"
}

# Prints how many packets have been queued in the director's namespace.
bench_queued() {
	# shellcheck disable=SC2016 # awk expands it
	bench_in_director awk '{ print $8 }' "$BENCH_QUEUES"
}

# Runs the sender, counting at the server, or at namespace BENCH_METER; options and phases
# are the rest. Prints its lines.
bench_send() {
	local options=()
	while [ "${1#-}" != "$1" ]; do
		options+=("$1")
		[ "$1" = -a ] || { options+=("$2") && shift; }
		shift
	done
	timeout 600 ip netns exec "$BENCH_CLIENT" "$(bench_built tests/bench/sender)" \
		"${options[@]}" up0 02:00:00:00:00:01 $BENCH_VIRTUAL \
		"/run/netns/${BENCH_METER:-$BENCH_SERVER}" down0 "$@" ||
		bench_fail "the sender failed"
}

# Prints the median of the numbers on stdin.
bench_median() {
	sort -n | awk '{ v[NR] = $1 } END {
		print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# Prints the median of the ratios of the numbers in file $1 to those in file $2, line by
# line: two neighbours share what else the machine was doing.
bench_ratio() {
	paste "$1" "$2" | awk '{ printf "%.4f\n", $2 ? $1 / $2 : 0 }' | bench_median |
		awk '{ printf "%.2f\n", $1 }'
}

# Sees to it that there can be a guest, which goes when the bench does.
bench_guest_up() {
	local missing
	# shellcheck source=../lab/lib.sh
	. "$BENCH_HOME/../lab/lib.sh"
	# shellcheck source=../lab/vm.sh
	. "$BENCH_HOME/../lab/vm.sh"
	missing=$(vm_missing)
	[ -z "$missing" ] || bench_fail "no guest: ${missing//$'\n'/; }"
	trap vm_down EXIT
	trap 'exit 130' INT TERM
	vm_prepare || bench_fail "no guest, see $(vm_cache).log"
}
