# shellcheck shell=bash
# conf/realserver: systemd-networkd and sysctl make of the files what contrib/realserver wants

NETWORKD=/lib/systemd/systemd-networkd
SNIPPETS=$LAB_HOME/../../conf/realserver

# Neither peers nor the director.
needs() {
	[ -x "$NETWORKD" ] || echo "no systemd-networkd"
	getent passwd systemd-network >/dev/null || echo "no user systemd-network"
}

# Prints the options that the files of method $1 were made with, see tests/house/snippets.
snippet_options() {
	local gateways="--gateway 10.2.0.1 --gateway fd00:2::1"
	local own="--address 10.2.0.11 --address fd00:2::11"
	case $1 in
	direct-seen) echo "$gateways" ;;
	nat) echo "--method nat $gateways" ;;
	tunnel) echo "--method tunnel $own" ;;
	gue) echo "--method tunnel --encapsulation gue $own" ;;
	esac
}

# Gathers the files of method $1 in directory $2, and one for the link to the director.
snippets_gather() {
	local file
	mkdir -p "$2/50-lan.network.d"
	printf '[Match]\nName=lan\n\n[Network]\nAddress=10.2.0.11/24\nAddress=fd00:2::11/64\n' \
		>"$2/50-lan.network"
	for file in "$SNIPPETS/$1"/60-*; do
		case $file in
		*/60-gateway.conf) cp "$file" "$2/50-lan.network.d/" ;;
		*.network | *.netdev) cp "$file" "$2/" ;;
		esac
	done
	chmod -R a+rX "$2"
}

# Starts systemd-networkd in namespace $1 on the files in directory $2. That /sys cannot be
# written tells it not to wait for udev.
networkd_start() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	lab_spawn "networkd-$1" "$1" sh -c 'mount -o remount,bind,ro /sys &&
		mount -t tmpfs lab /run && mkdir -p /run/systemd/netif/links &&
		chown -R systemd-network: /run/systemd/netif &&
		cp -r "$0" /run/systemd/network &&
		{ [ ! -d /etc/systemd/network ] || mount -t tmpfs lab /etc/systemd/network; } &&
		exec "$1"' "$2" "$NETWORKD"
}

# True when the gateway in namespace $1 has all that it should by the options behind it.
snippets_suffice() {
	local ns=$1
	shift
	lab_in "$ns" "$REAL_SERVER" check "$@" >"$LAB_DIR/log/check-$ns.log" 2>&1
}

# Runs what the unit for gue runs in namespace $1, once the address is there.
unit_run() {
	local command
	lab_ip "$1" -6 address show dev lan | grep -q fd00:2::11 || return
	while read -r command; do
		# shellcheck disable=SC2086 # a list of words
		lab_in "$1" $command </dev/null
	done < <(sed -n 's/^ExecStart=-\{0,1\}//p' "$SNIPPETS/gue/realserver-gue.service")
}

# Applies the settings of method $2 in namespace $1 as udev would for each new device, runs
# its unit, and tells whether nothing is missing.
snippets_settle() {
	local ns=$1 method=$2 file=$SNIPPETS/$2/60-realserver.conf vips=()
	[ "$method" != gue ] || unit_run "$ns" >>"$LAB_DIR/log/unit.log" 2>&1
	[ ! -f "$file" ] || lab_in "$ns" sysctl -qe -p "$file" >/dev/null 2>&1
	[ "$method" = nat ] || vips=(--vip "$LAB_VIP" --vip "$LAB_VIP6")
	# shellcheck disable=SC2046 # a list of words
	snippets_suffice "$ns" "${vips[@]}" $(snippet_options "$method")
}

# Makes namespace $1, whose device "lan" has no address, and the director's end of the link.
gateway_on_wire() {
	lab_ns_add "dir$1" && lab_ns_add "$1" || return 1
	{
		link_lines lo
		veth_lines lan "$1" lan 10.2.0.1/24 fd00:2::1/64
	} | lab_ip_lines "dir$1"
}

# A gateway of its own for each method.
stage() {
	local method ns methods="direct direct-seen nat"
	[ -n "$(tunnels_missing 4)" ] || methods+=" tunnel gue"
	# Programs start slowly there, and this machine's kernel has shown the others.
	[ "${LAB_GUEST:-}" != yes ] || methods=${methods#*nat}
	for method in $methods; do
		ns=${method//-/}
		gateway_on_wire "$ns" || stage_fail "the gateway could not be made"
		expect_true "something is missing for $method" \
			lab_not snippets_settle "$ns" "$method"
		snippets_gather "$method" "$LAB_DIR/$ns"
		networkd_start "$ns" "$LAB_DIR/$ns"
		lab_until 40 snippets_settle "$ns" "$method" ||
			stage_fail "with systemd-networkd for $method: $(grep ^missing "$LAB_DIR/log/check-$ns.log" | tr '\n' ';')"
		expect_true "nothing is, with systemd-networkd and the files for it" \
			snippets_settle "$ns" "$method"
	done
}
