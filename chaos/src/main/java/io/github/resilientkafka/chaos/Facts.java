package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Published;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The evidence in the form in which rules ask for it, and what they have found.
 */
final class Facts {

    private final Evidence evidence;

    private final List<String> violations = new ArrayList<>();

    private final Reasons reasons;

    private final Map<Payload, Published> published = new LinkedHashMap<>();

    private final Map<Payload, Kept> kept = new LinkedHashMap<>();

    Facts(Evidence evidence) {
        this.evidence = evidence;
        this.reasons = new Reasons(evidence.faults(), this.violations);
        entries(Published.class).forEach(each -> this.published.put(each.payload(), each));
        entries(Kept.class).forEach(each -> this.kept.put(each.payload(), each));
    }

    Evidence evidence() {
        return this.evidence;
    }

    <T extends Entry> Stream<T> entries(Class<T> type) {
        return this.evidence.journals().stream().filter(type::isInstance).map(type::cast);
    }

    Map<Payload, Published> published() {
        return this.published;
    }

    /** The events whose futures completed normally. */
    Map<Payload, Kept> kept() {
        return this.kept;
    }

    Reasons reasons() {
        return this.reasons;
    }

    void violation(String text) {
        this.violations.add(text);
    }

    List<String> violations() {
        return List.copyOf(this.violations);
    }
}
