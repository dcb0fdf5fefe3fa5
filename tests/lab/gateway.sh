# shellcheck shell=bash
# A gateway that nobody has set up, and what the stages of contrib/realserver claim about it.
# Sourced by those stages.

GATEWAY_ADDRESSES=(10.2.0.11/24 2001:db8:2::b/64)
# shellcheck disable=SC2034 # for the stages
VIPS=(--vip "$LAB_VIP" --vip "$LAB_VIP6")

# Makes a gateway that nobody has set up, with strict reverse path filters, and beside it a
# machine in the director's place, both behind a router that the replies may take as well.
gateway_make() {
	lab_ns_add dir && lab_ns_add gw || return 1
	lab_in gw sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
	{
		link_lines lo
		veth_lines lan gw lan 10.2.0.1/24 2001:db8:2::1/64
		veth_lines ret gw ret 10.3.0.1/24 2001:db8:3::1/64
		echo "address add 203.0.113.1/32 dev lo"
		echo "address add 2001:db8:c::1/128 dev lo"
	} | lab_ip_lines dir || return 1
	{
		link_lines lo
		link_lines lan "${GATEWAY_ADDRESSES[@]}"
		link_lines ret 10.3.0.11/24 2001:db8:3::b/64
		echo "route add 203.0.113.0/24 via 10.3.0.1"
		echo "route add 2001:db8:c::/64 via 2001:db8:3::1"
	} | lab_ip_lines gw && lab_until 50 gateway_ready
}

# True when the links are up with the addresses that they make for themselves.
gateway_ready() {
	[ "$(for ns in dir gw; do lab_ip $ns -6 route show table local; done |
		grep -c '^local fe80')" = 4 ]
}

# Runs the program at the gateway; its words go to the logs.
at_gateway() {
	lab_in gw "$REAL_SERVER" "$@" >>"$LAB_DIR/log/realserver.log" 2>&1
}

# Prints all that the program could have changed at the gateway, and what happens to it, in
# few processes; without what the kernel makes by itself when it loads a kind of tunnel.
gateway_state() {
	{
		printf '%s\n' 'address show' 'link show' 'route show table all' 'rule show' \
			'fou show' | lab_ip gw -o -d -force -batch - 2>/dev/null
		printf '%s\n' 'route show table all' 'fou show' |
			lab_ip gw -6 -o -d -force -batch - 2>/dev/null
		lab_in gw grep -rs --include='arp*' --include='*filter' --include='*forward*' \
			--include='*redirects' . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf \
			/proc/sys/net/ipv4/ip_forward
	} | grep -vE '(tunl0|ip6tnl0|sit0)[@:/. ]|inet6 ::127\.0\.0\.1' |
		sed 's/ state \(UNKNOWN\|UP\|DOWN\) / /' # settles in its own time
}

# Claims that down leaves no trace, also when done twice.
expect_no_trace() {
	expect_true "down" at_gateway down
	gateway_state >"$LAB_DIR/after"
	diff -u "$LAB_DIR/before" "$LAB_DIR/after" >"$LAB_DIR/log/traces.diff" ||
		stage_fail "down left: $(grep '^[-+][^-+]' "$LAB_DIR/log/traces.diff" | tr '\n' ';')"
	expect_true "down once more, with nothing to do" at_gateway down
	gateway_state >"$LAB_DIR/after"
	expect_true "and no trace is left" cmp "$LAB_DIR/before" "$LAB_DIR/after"
}

# True when a ping from client address $1 of the director's place to VIP $2 is answered.
vip_ping() {
	lab_in dir ping -q -n -c 1 -W 1 -I "$1" "$2" >>"$LAB_DIR/log/ping.log" 2>&1
}

# Claims that up works with the given options, also twice, and that check finds nothing.
expect_up() {
	OPTIONS=("$@")
	expect_true "up $*" at_gateway up "$@"
	gateway_state >"$LAB_DIR/up"
	expect_true "up once more" at_gateway up "$@"
	gateway_state >"$LAB_DIR/after"
	expect_true "changes nothing" cmp "$LAB_DIR/up" "$LAB_DIR/after"
	expect_true "check" at_gateway check "$@"
}

# Claims that check with the options of the last expect_up names $1, and that alone, after
# the command that follows, and that the command it recommends then mends it.
expect_missing() {
	local what=$1 words line
	shift
	"$@" || stage_fail "$* did not work"
	words=$(lab_in gw "$REAL_SERVER" check "${OPTIONS[@]}")
	expect "exit status of check after $*" 1 $?
	expect "missing" "$what" "$(sed -n 's/^missing: //p' <<<"$words")"
	while read -r line; do
		# shellcheck disable=SC2086 # a list of words
		lab_in gw $line >/dev/null || stage_fail "$line did not work"
	done < <(sed -n 's/^  mend: //p' <<<"$words")
	expect_true "check is content with what it has recommended" \
		at_gateway check "${OPTIONS[@]}"
}
