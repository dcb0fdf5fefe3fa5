# shellcheck shell=bash
# shellcheck disable=SC2016 # the variables in single quotes are jq's
# The daemon under test and its tool. Sourced by lib.sh. BUILD names the build directory.

DIRECTOR_PID=
DIRECTOR_METHOD=direct
DIRECTOR_REPLIES=unseen
DIRECTOR_AFFINITY=client
DIRECTOR_STATE=none
DIRECTOR_LINES=

# Prints a program of the build directory: $1 is its path there.
built() {
	printf '%s/%s' "${BUILD:?the build directory is not set}" "$1"
}

# Prints which of our own programs are not built; nothing when all are.
director_unbuilt() {
	local program
	for program in src/ipsec-balancer src/ipsec-balancerctl tests/lab/stray \
		tests/bench/flooder; do
		[ -x "$(built "$program")" ] || echo "$(built "$program") is not built"
	done
}

# Prints which program of others that reads the director's answers is missing.
director_missing() {
	command -v jq >/dev/null || echo "no jq"
}

# Prints the global part of the config; $1 are more lines for it. Which fast path is taken says
# the run, if the stage does not.
director_globals() {
	case ${LAB_FAST_PATH:+$1} in
	*fast-path*) ;;
	*) printf '%s\n' "${LAB_FAST_PATH:+fast-path = $LAB_FAST_PATH}" ;;
	esac
	cat <<-END
		socket = "$LAB_DIR/control.sock"
		state-file = "$DIRECTOR_STATE"
		state-interval = 1
		unreachable-rate = 10
		unreachable-burst = 10
		$1
	END
}

# Has the services that are written from now on keep together what affinity $1 says.
director_affinity() {
	DIRECTOR_AFFINITY=$1
}

# Has the services that are written from now on contain the lines of $1 as well.
director_lines() {
	DIRECTOR_LINES=$1
}

# Has the director know again after a restart what it knew before.
director_keeps_state() {
	DIRECTOR_STATE=$LAB_DIR/state
}

# Prints service $1 at addresses $2 ("a", "b") with scheduler $3; the rest are the servers,
# each as NUMBER or NUMBER:WEIGHT.
director_service() {
	local name=$1 addresses=$2 scheduler=$3 server number
	shift 3
	printf 'service %s {\n\taddress = {%s}\n' "$name" "$addresses"
	printf '\tmethod = %s\n\tscheduler = %s\n' "$DIRECTOR_METHOD" "$scheduler"
	[ "$DIRECTOR_REPLIES" = unseen ] || printf '\treplies = %s\n' "$DIRECTOR_REPLIES"
	printf '\taffinity = %s\n' "$DIRECTOR_AFFINITY"
	printf '%s\n' "$DIRECTOR_LINES"
	for server; do
		number=${server%%:*}
		printf '\tserver gw%s {\n\t\taddress = {"%s", "%s"}\n' "$number" \
			"$(server_address "$number")" "$(server_address6 "$number")"
		case $server in *:*) printf '\t\tweight = %s\n' "${server#*:}" ;; esac
		printf '\t}\n'
	done
	printf '}\n'
}

# Writes the usual config: one service "vpn" at both VIPs, scheduler $1, all servers.
director_config() {
	local servers
	mapfile -t servers < <(seq "$LAB_SERVERS")
	{
		director_globals "${2:-}"
		director_service vpn "\"$LAB_VIP\", \"$LAB_VIP6\"" "$1" "${servers[@]}"
	} >"$LAB_DIR/director.conf"
}

# Writes that with the director itself, "here", as one more server behind the others.
director_config_local() {
	local servers
	mapfile -t servers < <(seq "$LAB_SERVERS")
	{
		director_globals "${2:-}"
		director_service vpn "\"$LAB_VIP\", \"$LAB_VIP6\"" "$1" "${servers[@]}" |
			sed '$i\	server here { method = local }'
	} >"$LAB_DIR/director.conf"
}

# Starts the daemon on the written config and waits until its tool gets an answer. DIRECTOR_PROGRAM
# names another one than was built.
director_start() {
	lab_spawn_mounted director dir "${DIRECTOR_PROGRAM:-$(built src/ipsec-balancer)}" \
		--config "$LAB_DIR/director.conf" --foreground
	DIRECTOR_PID=$LAB_SPAWNED
	lab_until 100 director_answers && return
	echo "the director did not start:"
	tail -n 5 "$LAB_DIR/log/director.log"
	return 1
}

# True when the daemon answers; a daemon that died ends the wait as an answer "no" would.
director_answers() {
	lab_alive "$DIRECTOR_PID" && director_ctl show version >/dev/null 2>&1
}

# Asks the daemon to end and waits for it.
director_stop() {
	lab_end 100 "$DIRECTOR_PID"
}

# Kills the daemon where it stands.
director_kill() {
	kill -KILL "$DIRECTOR_PID"
	lab_until 50 lab_not lab_alive "$DIRECTOR_PID"
}

# Runs a one-shot of the daemon (--cleanup, --check) in the director's namespace.
director_run() {
	lab_in_mounted dir "$(built src/ipsec-balancer)" --config "$LAB_DIR/director.conf" "$@" \
		>>"$LAB_DIR/log/director.log" 2>&1
}

# Runs the tool; a failing call is a failing stage, so its words stay visible.
director_ctl() {
	"$(built src/ipsec-balancerctl)" --socket "$LAB_DIR/control.sock" "$@"
}

# Prints what jq program $2 (arguments for jq may follow) makes of "show $1".
director_query() {
	local what=$1
	shift
	director_ctl --json show "$what" | jq -r "$@"
}

# Prints how many packets the director treated for reason $1. Asked often, so without jq, which
# takes as long to start in an emulated guest as everything else together.
director_counter() {
	director_ctl show stats | awk -v name="$1" '$1 == name { print $2 }'
}

# Prints how many elements the fast path has.
director_fast_elements() {
	if [ "$(director_fast_path)" = nft ]; then
		lab_in dir nft list table netdev ipsec-balancer 2>/dev/null |
			grep -cE '(203\.0\.113\.[0-9]+|2001:db8:c::[0-9a-f]+) \. .* : 0x'
	else
		director_query stats '.fast_path.elements'
	fi
}

# Prints how many packets the kernel has sent to the real servers by itself. It is asked once a
# second.
director_fast_packets() {
	director_query servers 'map(.fast_packets) | add'
}

# True when it is $1.
director_fast_is() {
	[ "$(director_fast_packets)" = "$1" ]
}

# Prints the fast path that this build would choose by itself, unless the run says which.
director_best_path() {
	if [ -n "${LAB_FAST_PATH:-}" ]; then
		echo "$LAB_FAST_PATH"
	elif grep -q '^#define HAVE_BPF' "$(built config.h)"; then
		echo bpf
	else
		echo nft
	fi
}

# Prints the fast path that was taken.
director_fast_path() {
	director_query stats '.fast_path.backend // "off"'
}

# Prints the servers' clients as the director counts them, as in "3/3"; $1 is the service.
director_spread() {
	director_query servers --arg service "${1:-vpn}" \
		'[.[] | select(.service == $service)] | sort_by(.server) | map(.clients) | join("/")'
}

# Prints how many clients of service $1 have an established entry.
director_established() {
	director_query entries '[.[] | select(.state == "ESTABLISHED")
		| .client | sub(":[0-9]+$"; "")] | unique | length'
}

# True when there are $1 of them.
director_established_are() {
	[ "$(director_established)" = "$1" ]
}

# Prints the name of the server that the director's table has for the client of address $1; all
# of them with commas should there be several.
director_server_of() {
	director_ctl show entries | awk -v client="$1" '
		$2 == "ESTABLISHED" { of = $4; sub(/:[0-9]+$/, "", of); gsub(/[][]/, "", of) }
		$2 == "ESTABLISHED" && of == client && !seen[$6]++ { printf "%s%s", comma, $6; comma = "," }'
}

# Prints what in the director's namespace a daemon could have left behind.
director_traces() {
	# nft grumbles about xt targets that it has no library for, and lists the rest. Ways in its
	# maps are put back before they expire.
	lab_in dir nft list ruleset 2>/dev/null | sed -E 's/ expires [0-9a-z]+//'
	lab_ip dir rule
	lab_ip dir -6 rule
	# Counters of neighbours and cached lifetimes change by themselves; routes do not.
	lab_ip dir route show table all
	lab_ip dir -6 route show table all | sed 's/ expires [0-9]*sec//' | grep -v ' cache'
	lab_in dir tc qdisc
	lab_ip dir neigh | grep -o 'managed'
	ls "$(director_pins)" 2>/dev/null
}

# Prints the directory of what the director pins.
director_pins() {
	printf '/sys/fs/bpf/ipsec-balancer-%s' "$(stat -Lc %i "/run/netns/$(lab_ns dir)")"
}

# True when our nft table is there.
director_rules_present() {
	lab_in dir nft list table inet ipsec-balancer >/dev/null 2>&1
}

# Sends stray packets from client $1; the rest goes to the program.
stray() {
	local ns=c$1
	shift
	lab_in "$ns" "$(built tests/lab/stray)" "$@"
}
