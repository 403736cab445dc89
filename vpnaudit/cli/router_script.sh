#!/bin/sh
# What a CloudStack virtual router shows of its Site-to-Site VPNs, as one archive on standard output.
# It only reads. Its one trace is a folder of its own below /tmp, which it removes. Keys are cut before anything is
# packed: files of keys are not opened, and of the others lines that may hold one are dropped.
# Usage, on the router as root:  sh evidence.sh > ROUTER.tar.gz
set -u
umask 077
root=${VPNAUDIT_ROOT:-}
host=$(hostname | tr -cd 'A-Za-z0-9._-')
work=$(mktemp -d "${TMPDIR:-/tmp}/evidence.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
out=$work/evidence-$host
mkdir -p "$out/ipsec.d" "$out/log"
limit=
if timeout 5 true 2>/dev/null; then limit='timeout 60'; fi

# A key in quotes, in hexadecimal or behind a word for it; key files; dumps of memory, as high log levels have them.
cut_keys() {
    sed -E \
        -e '/BEGIN [A-Z ]*PRIVATE KEY/,/END [A-Z ]*PRIVATE KEY/d' \
        -e '/[[:space:]][0-9]+: [0-9A-Fa-f]{2}([[:space:]]|$)/d' \
        -e 's/((PSK|XAUTH|EAP|NTLM|PIN)[[:space:]]+)("[^"]*"?|0[xs][^[:space:]]*)/\1[cut]/g' \
        -e 's/([Ss]ecret|[Pp]assword|[Pp]assphrase|psk)([[:space:]]*[:=]).*/\1\2 [cut]/' \
        -e 's/0x[0-9A-Fa-f]{24,}/[cut]/g'
}
# The keys of an SA stand behind the name of their algorithm.
cut_sa_keys() {
    sed -E 's/^([[:space:]]*(auth|auth-trunc|enc|aead|comp)[[:space:]]+[^[:space:]]+).*/\1 [cut]/' | cut_keys
}
show() { # FILE COMMAND ...: what a command says, without keys
    file=$1
    shift
    if command -v "$1" >/dev/null 2>&1; then
        $limit "$@" 2>/dev/null | cut_keys >"$out/$file"
    else
        echo "evidence: $1 is not on this router" >&2
    fi
}
ask() { # HEADING COMMAND ...: one answer of meta.txt
    echo "# $1"
    shift
    "$@" 2>/dev/null | cut_keys
}

{
    echo '# date'
    date -u '+%Y-%m-%dT%H:%M:%SZ'
    date '+%s %Z %z'
    ask hostname hostname
    ask uptime cat "$root/proc/uptime"
    ask 'uname -a' uname -a
    ask /etc/cloudstack-release cat "$root/etc/cloudstack-release"
    ask /etc/debian_version cat "$root/etc/debian_version"
    ask 'ipsec --version' ipsec --version
    ask packages dpkg-query -W 'strongswan*' 'libstrongswan*' 'libcharon*' iproute2 iptables rsyslog
} >"$out/meta.txt"

show ipsec_statusall.txt ipsec statusall
show iptables_save.txt iptables-save -c
show ip_link.txt ip -s link
show ip_addr.txt ip addr
show xfrm_policy.txt ip -s xfrm policy
if command -v ip >/dev/null 2>&1; then
    $limit ip -s xfrm state 2>/dev/null | cut_sa_keys >"$out/xfrm_state.txt"
fi
grep -E -m 4 '^(model name|flags|Features|cpu MHz)' "$root/proc/cpuinfo" >"$out/cpuinfo.txt" 2>/dev/null
for name in net/ipv4/ip_forward net/ipv4/conf/all/rp_filter net/ipv4/conf/default/rp_filter \
    net/ipv4/conf/all/accept_redirects net/ipv4/conf/all/send_redirects net/ipv4/ip_nonlocal_bind \
    net/ipv4/ip_no_pmtu_disc net/core/xfrm_acq_expires net/netfilter/nf_conntrack_max \
    net/netfilter/nf_conntrack_count; do
    if [ -r "$root/proc/sys/$name" ]; then echo "$name = $(cat "$root/proc/sys/$name")"; fi
done >"$out/sysctl.txt"

# Settings of connections by their names; what is not named here stays on the router.
settings='also|auto|type|authby|leftauth|rightauth|keyexchange|ike|esp|ikelifetime|lifetime|keylife|margintime|rekey'
settings="$settings|rekeyfuzz|rekeymargin|reauth|keyingtries|forceencaps|mobike|fragmentation|compress|closeaction"
settings="$settings|dpddelay|dpdtimeout|dpdaction|left|leftid|leftsubnet|leftprotoport|right|rightid|rightsubnet"
settings="$settings|rightprotoport|rightsourceip|pfs|installpolicy|replay_window"
for file in "$root"/etc/ipsec.conf "$root"/etc/ipsec.d/*.conf; do
    [ -f "$file" ] || continue
    copy=$out/ipsec.d/${file##*/}
    grep -E "^(conn|config)[[:space:]]|^[[:space:]]+($settings)[[:space:]]*=" "$file" |
        sed -E 's/[[:space:]]#.*//' | cut_keys >"$copy"
    touch -r "$file" "$copy"
done
(cd "$root/etc/ipsec.d" 2>/dev/null && stat -c '%A %h %u %g %s %Y %n' *.conf) >"$out/ls.txt" 2>/dev/null

# charon's lines, where this router writes them: syslog, a file of charon's own, or the journal alone.
own=$(cat "$root"/etc/strongswan.conf "$root"/etc/strongswan.d/*.conf "$root"/etc/strongswan.d/charon/*.conf 2>/dev/null |
    sed -nE 's/^[[:space:]]*(path[[:space:]]*=[[:space:]]*)?(\/var\/log\/[A-Za-z0-9._\/-]+).*/\2/p')
unpacked() { case $1 in *.gz) gzip -dc "$1" ;; *) cat "$1" ;; esac; }
for file in "$root"/var/log/daemon.log* "$root"/var/log/syslog* "$root"/var/log/messages* "$root"/var/log/auth.log*; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .gz)
    unpacked "$file" 2>/dev/null | grep -E 'charon|ipsec' | cut_keys >"$out/log/$name"
    if [ -s "$out/log/$name" ]; then touch -r "$file" "$out/log/$name"; else rm -f "$out/log/$name"; fi
done
for begin in /var/log/charon.log $own; do
    for file in "$root$begin"*; do
        [ -f "$file" ] || continue
        name=$(basename "$file" .gz)
        unpacked "$file" 2>/dev/null | cut_keys >"$out/log/$name"
        touch -r "$file" "$out/log/$name"
    done
done
if [ -z "$(ls "$out/log")" ]; then
    show log/journal.txt journalctl --no-pager -o short-iso -t charon -t charon-systemd -t ipsec
fi

tar -C "$work" -cf - "evidence-$host" | gzip -c
