# shellcheck shell=bash
# Director instructions per packet, counted by an emulated processor in a guest with Debian's
# stock kernel. Sourced by run, on the machine and in the guest.
#
# Time in the guest is the number of instructions, two nanoseconds each, so what else the
# machine does changes nothing, and figures repeat to about 0.2 percent. The sender's
# share is taken out by a run in which the director drops all at its first hook.

ESP_ROWS="esp:1000:2:direct esp:1000:2:tunnel esp:1000:2:nat esp-natt:1000:2:direct
	esp-natt:1000:2:tunnel esp-natt:1000:2:nat esp:1000:50:direct esp:100000:2:direct"
ESP_PATHS="plain ipvs slow maps bpf"
ESP_TRAFFIC="esp esp-natt" ESP_CLIENTS="1000 100000" ESP_SERVERS="2 50"
ESP_METHODS="direct tunnel nat"
ESP_PACKETS=20000
ESP_NS_PER_INSTRUCTION=2
ESP_ROOM=
declare -A ESP_FIGURES=()

# Makes the rows of all that was asked for.
esp_cross() {
	local traffic clients servers method
	ESP_ROWS=
	for traffic in $ESP_TRAFFIC; do
		for clients in $ESP_CLIENTS; do
			for servers in $ESP_SERVERS; do
				for method in $ESP_METHODS; do
					ESP_ROWS+=" $traffic:$clients:$servers:$method"
				done
			done
		done
	done
}

# Sees to it that there is an ipvsadm to run in the guest; nothing is installed for it.
esp_ipvsadm_prepare() (
	command -v ipvsadm >/dev/null && exit
	[ ! -x "$BUILD/ipvsadm/sbin/ipvsadm" ] || exit 0
	{
		rm -rf "$BUILD/ipvsadm.new" && mkdir -p "$BUILD/ipvsadm.new" || exit 1
		vm_fetch "$BUILD/ipvsadm.new" ipvsadm libnl-3-200 libnl-genl-3-200 libpopt0 || exit 1
		for file in "$BUILD/ipvsadm.new"/*.deb; do
			dpkg-deb -x "$file" "$BUILD/ipvsadm.new" || exit 1
		done
		mv "$BUILD/ipvsadm.new" "$BUILD/ipvsadm"
	} >"$BUILD/ipvsadm.log" 2>&1
)

# Runs ipvsadm in the director's namespace.
esp_ipvsadm() {
	local root=$BUILD/ipvsadm program
	program=$(command -v ipvsadm || echo "$root/sbin/ipvsadm")
	LD_LIBRARY_PATH=$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu \
		bench_in_director "$program" "$@"
}

# Everything that can be in the way of the figures is loaded with room for all clients: a
# hash table that is too small would make IPVS or conntrack look slow.
esp_kernel_prepare() {
	modprobe ip_vs conn_tab_bits=17 && modprobe ip_vs_rr && modprobe nf_conntrack &&
		modprobe ipip &&
		sysctl -qw net.netfilter.nf_conntrack_max=1000000 \
			net.netfilter.nf_conntrack_buckets=131072
}

# Path "drop": the sender alone.
esp_setup_drop() {
	bench_drop "$BENCH_DIRECTOR"
	BENCH_METER=$BENCH_DIRECTOR
}

# Path "plain": the router, and nothing else.
esp_setup_plain() {
	ip -n "$BENCH_DIRECTOR" route add "$BENCH_VIRTUAL" via 10.2.0.11
}

# Path "ipvs": its services for both ports; ESP follows the connection from port 500.
esp_setup_ipvs() {
	local flag=-g port address
	[ "$1" = tunnel ] && flag=-i
	[ "$1" = nat ] && flag=-m
	ip -n "$BENCH_DIRECTOR" addr add "$BENCH_VIRTUAL/32" dev lo
	for port in 500 4500; do
		echo "-A -u $BENCH_VIRTUAL:$port -s rr"
		for address in $(bench_servers "$2"); do
			echo "-a -u $BENCH_VIRTUAL:$port -r $address:$port $flag"
		done
	done | esp_ipvsadm -R
}

# Path "slow": every packet through the daemon.
esp_setup_slow() {
	bench_config "$1" off "$2" "$ESP_ROOM"
	bench_start
}

# Path "maps": the daemon, with established clients in nft's maps.
esp_setup_maps() {
	bench_config "$1" nft "$2" "$ESP_ROOM"
	bench_start
}

# Path "bpf": the daemon, with established clients in the maps of its BPF program.
esp_setup_bpf() {
	bench_config "$1" bpf "$2" "$ESP_ROOM"
	bench_start
}

# Waits until what was begun has come to its end: namespaces of the measurement before are taken
# down, and the daemon looks once more at what the kernel has, ten seconds after its start. In
# the guest, which has nothing else to do, that takes no time.
esp_settle() {
	sleep 15
}

# Prints the phases that come before the measured one.
esp_phases_before() {
	case $2 in
	drop | plain) ;;
	*) echo "handshake${1#esp}" ;;
	esac
	echo "$1"
}

# Measures path $1 for traffic $2, $3 clients, $4 servers, method $5: prints nanoseconds per
# packet. A path that loses packets, or of whose packets the wrong ones are queued, has none.
esp_measure() {
	local path=$1 traffic=$2 clients=$3 servers=$4 method=$5 packets=$ESP_PACKETS
	# shellcheck disable=SC2034 # of bench_send
	local BENCH_METER=''
	local lines phases options=(-c "$clients" -p 1000) answers=() before=0 after=0
	[ "$packets" -gt "$clients" ] || packets=$clients
	# Far from where the daemon begins to take entries that are not answered.
	ESP_ROOM="max-entries = $((1048576 + clients))"
	bench_up "$servers"
	"esp_setup_$path" "$method" "$servers" || bench_fail "no $path here"
	mapfile -t phases < <(esp_phases_before "$traffic" "$path")
	# Where conntrack brings replies back the daemon waits for the server's. Only now: who answers
	# looks at every packet there, which would be counted.
	[ -z "$BENCH_RUNNING" ] || [ "$method" != nat ] || answers=(-a)
	bench_send "${options[@]}" "${answers[@]}" "${phases[@]}" >"$BENCH_WORK/before"
	[ -z "$BENCH_RUNNING" ] || before=$(bench_queued)
	esp_settle
	# What the daemon does once a second is not a packet's.
	[ -z "$BENCH_RUNNING" ] || [ "$path" = slow ] || kill -STOP "$BENCH_RUNNING"
	bench_send "${options[@]}" "$traffic:$packets" >"$BENCH_WORK/lines"
	[ -z "$BENCH_RUNNING" ] || kill -CONT "$BENCH_RUNNING"
	[ -z "$BENCH_RUNNING" ] || after=$(bench_queued)
	lines=$(cat "$BENCH_WORK/before" "$BENCH_WORK/lines")
	[ -z "${VERBOSE-}" ] || printf '%s\n' "$path $lines" >&2
	if [ "$path" != slow ] && [ "$after" != "$before" ]; then
		bench_fail "$((after - before)) packets of $traffic $method met the daemon"
	fi
	if [ -n "${VERBOSE-}" ] && [ -n "$BENCH_RUNNING" ]; then
		"$(bench_built src/ipsec-balancerctl)" --socket "$BENCH_WORK/control.sock" \
			show stats | grep -E 'fast_path' >&2
	fi
	awk '{ if ($5 < $3) exit 1; printf "%.1f\n", $9 / $3 }' "$BENCH_WORK/lines" ||
		bench_fail "path $path lost packets: $lines"
	bench_down
}

# Prints the instructions that the director spends on a packet; arguments as esp_measure.
esp_cell() {
	local all
	all=$(esp_measure "$@") || exit 1
	awk -v all="$all" -v share="${ESP_FIGURES[drop:$2:$3]}" -v ns=$ESP_NS_PER_INSTRUCTION \
		'BEGIN { printf "%.0f\n", (all - share) / ns }'
}

# In the guest: measures and tells every cell of the rows that follow.
esp_guest() {
	local row path cell figure traffic clients servers method
	bench_init
	esp_kernel_prepare || bench_fail "the guest's kernel lacks a module"
	for row; do
		IFS=: read -r traffic clients servers method <<<"$row"
		cell=drop:$traffic:$clients
		if [ -z "${ESP_FIGURES[$cell]-}" ]; then
			ESP_FIGURES[$cell]=$(esp_measure drop "$traffic" "$clients" 2 direct) || exit 1
		fi
		for path in $ESP_PATHS; do
			# Plain forwarding knows no methods.
			cell=$path:$row
			[ "$path" != plain ] || cell=$path:${row%:*}
			if [ -z "${ESP_FIGURES[$cell]-}" ]; then
				figure=$(esp_cell "$path" "$traffic" "$clients" "$servers" "$method") ||
					exit 1
				ESP_FIGURES[$cell]=$figure
			fi
			echo "cell $path:$row ${ESP_FIGURES[$cell]}"
		done
	done
}

# Reads what the guest says: figures are kept, the rest is passed on.
esp_listen() {
	local line cell figure
	while IFS= read -r line; do
		case $line in
		"cell "*)
			read -r _ cell figure <<<"$line"
			ESP_FIGURES[$cell]=$figure
			printf '  %-34s %8s\n' "${cell//:/ }" "$figure"
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done
}

# Prints the ratio of $1 to $2, or a dash.
esp_ratio() {
	if [ -z "$1" ] || [ -z "$2" ]; then
		echo -
		return
	fi
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / b }'
}

# Prints which of the paths are ours and compared with IPVS: those in the kernel, if measured.
esp_ours() {
	local path ours=''
	for path in maps bpf; do
		[[ " $ESP_PATHS " != *" $path "* ]] || ours+=" $path"
	done
	echo "${ours:-slow}"
}

# Prints the table, and how much dearer than IPVS each row is in the last lines.
esp_table() {
	local row path ours ratio
	declare -A words=()
	echo "Instructions of the director for one packet, the sender's taken off"
	printf '%-9s %7s %7s %-7s' traffic clients servers method
	for path in $ESP_PATHS; do printf ' %8s' "$path"; done
	for ours in $(esp_ours); do printf ' %10s' "$ours/ipvs"; done
	echo
	for row in $ESP_ROWS; do
		# shellcheck disable=SC2086 # words
		printf '%-9s %7s %7s %-7s' ${row//:/ }
		for path in $ESP_PATHS; do
			printf ' %8s' "${ESP_FIGURES[$path:$row]:--}"
		done
		for ours in $(esp_ours); do
			ratio=$(esp_ratio "${ESP_FIGURES[$ours:$row]-}" "${ESP_FIGURES[ipvs:$row]-}")
			printf ' %10s' "$ratio"
			words[$ours]+=", $ratio ${row//:/ }"
		done
		echo
	done
	for ours in $(esp_ours); do echo "ratio ${words[$ours]#, } ($ours to IPVS)"; done
}

# Runs the rows in a guest.
esp_run() {
	bench_guest_up
	# shellcheck disable=SC2034 # of vm_start
	VM_CPUS=1 VM_MEMORY_MB=2560 VM_ACCEL=tcg
	# shellcheck disable=SC2034 # of vm_start
	VM_OPTIONS=(-icount "shift=1,sleep=off")
	esp_ipvsadm_prepare || bench_fail "no ipvsadm, see $BUILD/ipvsadm.log"
	# shellcheck disable=SC2086 # words
	vm_start 3600 env "VERBOSE=${VERBOSE-}" "$BENCH_HOME/run" esp --build "$BUILD" \
		--paths "$ESP_PATHS" --packets "$ESP_PACKETS" --in-guest $ESP_ROWS || exit 1
	esp_listen <"$VM_DIR/output"
	vm_wait || bench_fail "the guest ended with status $?, see $VM_DIR"
	esp_table
}
