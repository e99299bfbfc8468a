"""What monitoring wants to know, in Prometheus' text format; made when it is asked for, from counts that are there anyway.

Labels are kinds, reasons, codes and names of rules: nothing that others write, no host, no cookie, no client.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ..record.listings import FindingRow, SessionRow
from .inside import Inside

type Labels = tuple[str] | tuple[str, str]


class _Collector(Collector):
    """The numbers of one moment."""

    def __init__(self, inside: Inside, findings: Iterable[FindingRow], sessions: Iterable[SessionRow]) -> None:
        self._inside = inside
        self._findings = findings
        self._sessions = sessions

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield from self._jars()
        yield from self._recording()
        yield from self._counts()
        yield _labelled(
            GaugeMetricFamily("cookies_findings", "What is wrong, by code and severity.", labels=("code", "severity")),
            Counter((each.code, each.severity) for each in self._findings).items(),
        )
        yield _labelled(
            GaugeMetricFamily(
                "cookies_sessions", "Sessions of applications, by what ended them.", labels=("end_cause",)
            ),
            Counter((each.end_cause,) for each in self._sessions).items(),
        )

    def _jars(self) -> Iterator[Metric]:
        browsers = list(self._inside.browsers)
        yield GaugeMetricFamily("cookies_clients", "Clients in memory.", value=len(browsers))
        jars = GaugeMetricFamily("cookies_jar_cookies", "Cookies in the jars in memory.", labels=("jar",))
        sizes = GaugeMetricFamily("cookies_jar_bytes", "Octets of their names and values.", labels=("jar",))
        for kind, of_kind in (("mirror", [b.mirror for b in browsers]), ("held", [b.held for b in browsers])):
            jars.add_metric((kind,), sum(map(len, of_kind)))
            sizes.add_metric((kind,), sum(jar.size_bytes for jar in of_kind))
        yield jars
        yield sizes

    def _recording(self) -> Iterator[Metric]:
        queue, config = self._inside.queue, self._inside.config
        yield GaugeMetricFamily(
            "cookies_recording", "1 while what happens can be recorded.", value=int(_records(self._inside))
        )
        yield GaugeMetricFamily(
            "cookies_queue_bytes", "Memory that what waits to be written takes, roughly.", value=queue.waiting_bytes
        )
        yield CounterMetricFamily("cookies_written_observations", "Observations written.", value=queue.written)
        yield CounterMetricFamily(
            "cookies_dropped_observations", "Observations that were not recorded.", value=queue.dropped
        )
        yield CounterMetricFamily(
            "cookies_spilled_observations",
            "Observations that went to files while a database was slow or gone.",
            value=queue.spilled,
        )
        yield CounterMetricFamily(
            "cookies_loaded_observations", "Observations that came back from files.", value=queue.loaded
        )
        yield GaugeMetricFamily(
            "cookies_spilled_bytes", "What waits in files for a database, on disk.", value=queue.file_bytes
        )
        yield GaugeMetricFamily(
            "cookies_unknown_clients",
            "Clients that have appeared and could not be looked up yet.",
            value=queue.unknown_clients,
        )
        yield GaugeMetricFamily("cookies_rules", "Rules in force.", value=len(config.rules.names) if config else 0)

    def _counts(self) -> Iterator[Metric]:
        tally = self._inside.tally
        yield CounterMetricFamily("cookies_requests", "Requests that told of cookies.", value=tally.requests)
        yield _labelled(
            CounterMetricFamily(
                "cookies_events", "What happened to cookies, by kind and reason.", labels=("event", "reason")
            ),
            tally.events.items(),
        )
        hits = CounterMetricFamily(
            "cookies_rule_changes", "What each rule changed, or would have changed.", labels=("rule", "mode")
        )
        for rule, each in sorted(tally.rules.items()):
            hits.add_metric((rule, "apply"), each.hits)
            hits.add_metric((rule, "observe"), each.observed)
        yield hits


def exposition(inside: Inside, findings: Iterable[FindingRow], sessions: Iterable[SessionRow]) -> bytes:
    """The page that is scraped."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(inside, findings, sessions))
    return generate_latest(registry)


def _records(inside: Inside) -> bool:
    return inside.store is not None and inside.setup().trouble is None


def _labelled[M: (CounterMetricFamily, GaugeMetricFamily)](metric: M, counts: Iterable[tuple[Labels, int]]) -> M:
    for labels, count in sorted(counts):
        metric.add_metric(labels, count)
    return metric
