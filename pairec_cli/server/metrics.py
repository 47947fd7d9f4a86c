"""What /metrics shows, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Requests by route and status, answers by scene and code, and the state of the configuration."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers: dict[tuple[str, int], Counter] = {}
        self.requests = Counter(
            "pairec_requests",
            "Requests by route and HTTP status.",
            ("route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "pairec_request_seconds",
            "Time to answer, by route.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.answers = Counter(
            "pairec_answers",
            "Answers by PAI-Rec code, and by scene where there is such a scene.",
            ("scene", "code"),
            registry=self.registry,
        )
        self.under_way = Gauge(
            "pairec_requests_under_way", "Requests that are being answered.", registry=self.registry
        )
        self.reloads = Counter(
            "pairec_config_reloads",
            "Changed configurations, by whether they were taken.",
            ("result",),
            registry=self.registry,
        )
        self.config_ok = Gauge(
            "pairec_config_ok",
            "1 when the file's configuration is the one served, 0 while an older one is.",
            registry=self.registry,
        )
        self.callbacks = Counter(
            "pairec_callbacks", "Callbacks, by what became of them.", ("result",), registry=self.registry
        )

    def answered(self, scene: str, code: int) -> None:
        """One more answer. Scenes are those of the configuration, so that what is kept has an end."""
        counter = self._answers.get((scene, code))
        if counter is None:
            counter = self._answers[scene, code] = self.answers.labels(scene, str(code))
        counter.inc()

    def text(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)
