"""Runs inside a network namespace: applies iptables commands and sends packets; a packet that OUTPUT drops cannot be
sent (EPERM).

Reads one JSON object from standard input, `{"jobs": [{"commands": [[...]], "packets": [[source, destination, protocol,
a, b]]}]}` with a = destination port or ICMP type and b = ICMP code, and prints for each job which packets passed.
"""

import json
import socket
import struct
import subprocess
import sys

TCP, UDP, ICMP = 6, 17, 1


def payload(protocol, a, b):
    if protocol == TCP:
        return struct.pack("!HHIIBBHHH", 20000, a, 1, 0, 5 << 4, 2, 1024, 0, 0)
    if protocol == UDP:
        return struct.pack("!HHHH", 20000, a, 8, 0)
    if protocol == ICMP:
        return struct.pack("!BBHHH", a, b, 0, 1, 1)
    return b"\0" * 16


def passes(raw, packet):
    source, destination, protocol, a, b = packet
    body = payload(protocol, a, b)
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + ends
    try:
        raw.sendto(header + body, (destination, 0))
    except PermissionError:
        return False
    return True


def main():
    asked = json.load(sys.stdin)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "default", "dev", "lo"], check=True)
    answers = []
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for job in asked["jobs"]:
            for command in job["commands"]:
                # Some commands are refused by iptables, as on a router: that is part of what is tested.
                subprocess.run(["iptables", "-w", *command], check=False, capture_output=True)
            answers.append([passes(raw, packet) for packet in job["packets"]])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
