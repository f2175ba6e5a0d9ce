"""What network-config-analyzer makes of network policies: run with .tools/nca on the path, JSON in, JSON out.

In: `endpoints`, a file of workloads, pods and namespaces; `namespace`, whose pods count; `addresses`, each of which
stands for a block; and `cases`, each with its `policies`, the `direction` in which one of them must be such a pod (in
either where none is given), and the ports `starts`, each of which stands for a range.
Out: for each case every [from, to, protocol, port] that the analyzer allows, pods by name.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import sys
from collections.abc import Iterator
from itertools import product
from typing import Any

from nca.CoreDS.Peer import IpBlock, IPNetworkAddress  # type: ignore[import-not-found]
from nca.NetworkConfig.NetworkConfig import NetworkConfig  # type: ignore[import-not-found]
from nca.NetworkConfig.PoliciesFinder import PoliciesFinder  # type: ignore[import-not-found]
from nca.NetworkConfig.ResourcesHandler import ResourcesHandler  # type: ignore[import-not-found]
from nca.Resources.PolicyResources.NetworkPolicy import (  # type: ignore[import-not-found]
    PolicyConnectionsFilter,
)

ENDS = ("src_peers", "dst_peers")
PROTOCOLS = ("SCTP", "TCP", "UDP")
REPLICA = re.compile(r"-\d+$")

Flow = tuple[str, str, str, int]


class Analyzer:
    """The analyzer with one set of endpoints; each policy is parsed once, however many cases have it."""

    def __init__(self, asked: dict[str, Any]) -> None:
        handler = ResourcesHandler()
        handler.set_global_peer_container(None, None, [asked["endpoints"]])
        self.peers = handler.global_peer_container
        self.namespace = asked["namespace"]
        self.addresses = {each: IPNetworkAddress(ipaddress.ip_address(each)) for each in asked["addresses"]}
        self.parsed: dict[str, list[Any]] = {}

    def flows(self, case: dict[str, Any]) -> set[Flow]:
        """Every flow that the policies of a case allow."""
        config = NetworkConfig("case", self.peers, PoliciesFinder())
        for policy in case["policies"]:
            for parsed in self._parse(policy):
                config.append_policy_to_config(parsed)
        wanted = PolicyConnectionsFilter.only_all_allowed_connections()
        found = config.filter_conns_by_peer_types(
            config.allowed_connections(res_conns_filter=wanted).all_allowed_conns
        )
        return {flow for each in found for flow in self._spelled_out(found.get_connectivity_cube(each), case)}

    def _parse(self, policy: dict[str, Any]) -> list[Any]:
        key = json.dumps(policy)
        if key not in self.parsed:
            finder = PoliciesFinder()
            finder.set_peer_container(self.peers)
            finder.parse_yaml_code_for_policy(policy, "policy")
            finder.parse_policies_in_parse_queue()
            self.parsed[key] = list(finder.policies_container.policies.values())
        return self.parsed[key]

    def _spelled_out(self, cube: Any, case: dict[str, Any]) -> Iterator[Flow]:
        protocols = [each for each in PROTOCOLS if each in cube["protocols"]]
        ports = [each for each in case["starts"] if each in cube["dst_ports"].port_set]
        callers, callees = ({name: own for peer in cube[end] for name, own in self._named(peer)} for end in ENDS)
        for one, other in product(callers, callees):
            asked_for = {"Egress": callers[one], "Ingress": callees[other]}
            if asked_for.get(case["direction"], any(asked_for.values())):
                yield from product([one], [other], protocols, ports)

    def _named(self, peer: Any) -> Iterator[tuple[str, bool]]:
        """The names of a pod or of a block, and whether it is a pod whose policies are asked for."""
        if isinstance(peer, IpBlock):
            yield from ((each, False) for each, address in self.addresses.items() if address in peer)
        else:
            yield REPLICA.sub("", peer.owner_name or peer.name), str(peer.namespace) == self.namespace


def main() -> None:
    """Answer what is asked on standard input; the analyzer's own remarks go to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        asked = json.load(sys.stdin)
        analyzer = Analyzer(asked)
        answers = {name: sorted(analyzer.flows(case)) for name, case in asked["cases"].items()}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
