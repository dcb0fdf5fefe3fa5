# shellcheck shell=bash
# Method nat in the lab: real servers without the VIP, whose default route is the director.
# Sourced by its stages.

# shellcheck disable=SC2034 # for the stages
NAT_IPSEC='(udp port 500 or udp port 4500 or ip proto 50 or ip6 proto 50)'

# Prints what is missing for these stages; nothing when all is there.
nat_missing() {
	peers_missing
	director_missing
	capture_missing
	command -v conntrack >/dev/null || echo "no conntrack"
}

# Has network, peers and director use the method.
nat_choose() {
	LAB_BACK=dir
	LAB_METHOD=nat
	DIRECTOR_METHOD=nat
}

# Brings up what stage_up does: $1 clients, $2 real servers, scheduler $3, further global
# config lines $4.
nat_up() {
	nat_choose
	stage_up "$@"
}

# Starts captures of the director's two links: outer towards the clients, inner towards the
# real servers; $1 ("" or a number) goes behind their names.
nat_capture_start() {
	capture_start "outer$1" net dir
	capture_start "inner$1" dir lan
}

# Prints both directions between $1 and $2 on the ports that follow, as captures name them.
nat_ends() {
	local one=$1 other=$2 port
	shift 2
	for port; do
		echo "$one.$port > $other.$port"
		echo "$other.$port > $one.$port"
	done
}

# Claims about captures outer$1 and inner$1 that each of clients $2 to $3, given to the real
# servers in turn, was seen as itself on ports 500 and 4500: at the VIP on the one link, at
# its server on the other. $4 is 6 for IPv6, else nothing.
expect_nat_ends() {
	local i client vip=$LAB_VIP outer='' inner=''
	[ -z "${4:-}" ] || vip=$LAB_VIP6
	for ((i = $2; i <= $3; i++)); do
		client=$(client_address"${4:-}" "$i")
		outer+=$(nat_ends "$client" "$vip" 500 4500)$'\n'
		inner+=$(nat_ends "$client" "$(server_address"${4:-}" \
			$(((i - 1) % LAB_SERVERS + 1)))" 500 4500)$'\n'
	done
	expect_captured_ends "ends on the clients' side" "$(sort -u <<<"${outer%$'\n'}")" \
		"outer$1" "$NAT_IPSEC"
	expect_captured_ends "ends on the servers' side" "$(sort -u <<<"${inner%$'\n'}")" \
		"inner$1" "$NAT_IPSEC"
}

# Has conntrack at the director remember UDP for longer than a stage may take, also where ESP in
# UDP does not pass it.
nat_forget_late() {
	lab_in dir sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600 \
		net.netfilter.nf_conntrack_udp_timeout_stream=600
}

# Has conntrack at the director forget UDP after a second of silence.
nat_forget_soon() {
	lab_in dir sysctl -qw net.netfilter.nf_conntrack_udp_timeout=1 \
		net.netfilter.nf_conntrack_udp_timeout_stream=1
}

# Prints how many connections over IPsec's protocols conntrack has at the director.
nat_connections() {
	echo $(($(nat_connections_of -f ipv4) + $(nat_connections_of -f ipv6)))
}

# Prints how many of those match options for conntrack(8).
nat_connections_of() {
	lab_in dir conntrack -L "$@" 2>/dev/null |
		grep -cE '^(udp .* dport=(500|4500) |unknown +50 )'
}

# True when conntrack has none.
nat_no_connections() {
	[ "$(nat_connections)" = 0 ]
}

# Prints the cookies of the IKE SAs of peer $1.
nat_cookies() {
	peer_ctl "$1" --list-sas | sed -n 's/^vpn: .* \([0-9a-f]*_i\)\**.* \([0-9a-f]*_r\).*/\1\2/p' |
		sort
}
