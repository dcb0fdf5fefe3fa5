# shellcheck shell=bash
# contrib/realserver: up, check, down for methods direct and nat

# shellcheck source=../gateway.sh
. "$LAB_HOME/gateway.sh"

# Neither peers nor the director.
needs() {
	return 0
}

# Method direct: the virtual addresses are there, and nobody is told so by ARP.
try_direct() {
	local setting
	expect_up "${VIPS[@]}" --forward
	{
		echo "route replace $LAB_VIP/32 via 10.2.0.11"
		echo "route replace $LAB_VIP6/128 via 2001:db8:2::b"
	} | lab_ip_lines dir
	expect_true "$LAB_VIP is served, replies by another link" vip_ping 203.0.113.1 "$LAB_VIP"
	expect_true "$LAB_VIP6 is served" vip_ping 2001:db8:c::1 "$LAB_VIP6"
	lab_ip dir route replace "$LAB_VIP/32" dev lan
	expect_true "ARP for $LAB_VIP is not answered" \
		lab_not vip_ping 203.0.113.1 "$LAB_VIP"
	lab_in gw sysctl -qw net.ipv4.conf.all.arp_ignore=0
	lab_ip dir neigh flush dev lan
	expect_true "but would be without arp_ignore" vip_ping 203.0.113.1 "$LAB_VIP"
	for setting in all/arp_ignore=1 all/arp_announce=2; do
		expect_missing "setting net/ipv4/conf/${setting/=/ }" \
			lab_in gw sysctl -qw "net/ipv4/conf/${setting%=*}=0"
	done
	expect_missing loose lab_in gw sysctl -qw net.ipv4.conf.all.rp_filter=1
	expect_missing "setting net/ipv4/ip_forward 1" \
		lab_in gw sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.accept_redirects=0
	expect_missing "setting net/ipv6/conf/all/forwarding 1" \
		lab_in gw sysctl -qw net.ipv6.conf.all.forwarding=0
	expect_missing "address $LAB_VIP/32 lo" lab_ip gw address del "$LAB_VIP/32" dev lo
	expect_missing "address $LAB_VIP6/128 lo" lab_ip gw address del "$LAB_VIP6/128" dev lo
	expect_no_trace
}

# The director as default route: method nat, and replies that pass through the director.
try_gateways() {
	expect_up --method nat --vip "$LAB_VIP" --gateway 10.2.0.1
	expect_missing "gateway 10.2.0.1" lab_ip gw route del default
	expect "exit status of check with the VIP at the gateway" 1 "$(
		lab_ip gw address add "$LAB_VIP/32" dev ret
		at_gateway check "${OPTIONS[@]}"
		echo $?
		lab_ip gw address del "$LAB_VIP/32" dev ret
	)"
	expect_no_trace
	expect_up "${VIPS[@]}" --gateway 10.2.0.1 --gateway 2001:db8:2:0::1
	expect_missing "gateway 2001:db8:2::1" lab_ip gw -6 route del default
	expect_no_trace
}

# What is there already is left alone, by up and by down.
try_present() {
	lab_ip gw address add "$LAB_VIP/32" dev lo
	gateway_state >"$LAB_DIR/before"
	expect_up "${VIPS[@]}"
	expect_no_trace
	lab_ip gw address del "$LAB_VIP/32" dev lo
	lab_ip gw route add default via 10.3.0.1
	gateway_state >"$LAB_DIR/before"
	expect_true "another default route is not replaced" \
		lab_not at_gateway up --method nat --gateway 10.2.0.1
	expect_no_trace
	lab_ip gw route del default
	gateway_state >"$LAB_DIR/before"
}

# What makes no sense is refused with status 2, and nothing is touched.
try_wrong_usage() {
	local options
	for options in "up" "down now" "up --vip" "up --vip 192.0.2.x" "up --vip 192.0.2.1 --mtu 9" \
		"up --method fast --vip 192.0.2.1" "up --method nat" "check --method tunnel --vip ::1" \
		"show --vip 192.0.2.1 --gue-port 65536" "show --vip 192.0.2.1 --device a/b"; do
		# shellcheck disable=SC2086 # a list of words
		expect "exit status of $options" 2 "$(at_gateway $options; echo $?)"
	done
	gateway_state >"$LAB_DIR/after"
	expect_true "nothing has been touched" cmp "$LAB_DIR/before" "$LAB_DIR/after"
}

# Each in turn, at the same gateway.
stage() {
	gateway_make || stage_fail "the gateway could not be made"
	gateway_state >"$LAB_DIR/before"
	try_wrong_usage
	try_direct
	try_gateways
	try_present
}
