package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Entry.Published;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Evidence.RowChange;
import io.github.resilientkafka.chaos.Evidence.Undeliverable;
import io.github.resilientkafka.chaos.Payload.Kind;
import io.github.resilientkafka.chaos.Reasons.Second;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What topics hold: everything that was kept, as it was published, in order, and seldom twice.
 */
final class TopicRules {

    /** What an instance has under way when a fault strikes: in its publisher, and a batch of each worker of its relay. */
    static final int MOST_DUPLICATES = Load.MOST_UNDER_WAY + 2 * World.RELAY_BATCH;

    private final Facts facts;

    private final List<LogRecord> records;

    TopicRules(Facts facts) {
        this.facts = facts;
        this.records = facts.evidence().records();
    }

    void check(Map<String, Long> duplicates) {
        nothingIsLost();
        everyCopyIsAsPublished();
        secondCopiesHaveAReason(duplicates);
        firstOccurrencesAreInOrder();
        onlyTheHolderOfALaneSends();
    }

    /** Promise 1: what was kept is there. */
    private void nothingIsLost() {
        Set<Payload> present = this.records.stream().map(LogRecord::payload).collect(Collectors.toSet());
        this.facts.kept().keySet().stream()
                .filter(payload -> payload.kind() != Kind.TOO_LARGE && !present.contains(payload))
                .sorted(Comparator.comparing(Payload::toString))
                .forEach(payload -> this.facts.violation("Lost: " + payload));
        present.stream()
                .filter(payload -> !this.facts.published().containsKey(payload))
                .forEach(payload -> this.facts.violation("Never published: " + payload));
    }

    /** Promise 2: topic and key are the application's, the id is the event's own, all copies have the same. */
    private void everyCopyIsAsPublished() {
        Map<String, Integer> partitions = new HashMap<>();
        for (LogRecord each : this.records) {
            String line = each.position().topic() + "/" + each.key();
            Integer other = partitions.putIfAbsent(line, each.position().partition());
            if (other != null && other != each.position().partition()) {
                this.facts.violation("One key in two partitions: " + each + ", and " + other);
            }
        }
        Map<Payload, String> ids = new HashMap<>();
        Map<String, Payload> events = new HashMap<>();
        Stream.of(
                        this.records.stream(),
                        this.facts.evidence().deadLetters().stream().map(DeadLetter::copy),
                        this.facts.evidence().undeliverable().stream().map(Undeliverable::copy))
                .flatMap(copies -> copies)
                .forEach(copy -> {
                    Published published = this.facts.published().get(copy.payload());
                    if (published != null
                            && !(isTopicOf(published, copy) && published.key().equals(copy.key()))) {
                        this.facts.violation("Not as it was published: " + copy + ", but " + published);
                    }
                    String id = ids.putIfAbsent(copy.payload(), copy.eventId());
                    Payload event = events.putIfAbsent(copy.eventId(), copy.payload());
                    if ((id != null && !id.equals(copy.eventId()))
                            || (event != null && !event.equals(copy.payload()))) {
                        this.facts.violation("Another event's id, or another id: " + copy);
                    }
                });
    }

    private static boolean isTopicOf(Published published, LogRecord copy) {
        String topic = copy.position().topic();
        return topic.equals(published.topic()) || topic.equals(published.topic() + World.DEAD_LETTERS);
    }

    /** Promise 2: duplicates are rare. */
    private void secondCopiesHaveAReason(Map<String, Long> duplicates) {
        Set<Payload> stored =
                this.facts.evidence().changes().stream().map(RowChange::payload).collect(Collectors.toSet());
        Map<Payload, LogRecord> before = new HashMap<>();
        this.records.stream()
                .sorted(Comparator.comparing(LogRecord::appendedMillis))
                .forEach(each -> {
                    LogRecord first = before.put(each.payload(), each);
                    if (first != null) {
                        String publisher = each.payload().instance();
                        String reason = this.facts
                                .reasons()
                                .of(new Second(
                                        "A second copy: " + each.payload(),
                                        Fault::makesDuplicates,
                                        // Whoever has its lane sends what is stored.
                                        stored.contains(each.payload()) ? List.of() : List.of(publisher),
                                        first.appendedMillis(),
                                        each.appendedMillis(),
                                        "duplicates " + publisher,
                                        MOST_DUPLICATES));
                        duplicates.merge(reason, 1L, Long::sum);
                    }
                });
    }

    /**
     * Promise 3: the events of a key that one instance published come in the order of publishing. Events whose future
     * failed, or that a crash cut off, may come late.
     */
    private void firstOccurrencesAreInOrder() {
        Map<String, Payload> latest = new HashMap<>();
        Set<Payload> seen = new HashSet<>();
        for (LogRecord each : this.records) {
            Payload payload = each.payload();
            if (this.facts.kept().containsKey(payload) && seen.add(payload)) {
                String line = each.position().topic() + "/" + each.key() + "/" + payload.instance();
                Payload before = latest.get(line);
                if (before != null && payload.compareTo(before) < 0) {
                    this.facts.violation("Overtaken: " + payload + " at " + each.position() + " by " + before);
                } else {
                    latest.put(line, payload);
                }
            }
        }
    }

    /**
     * Who holds a lane sends its rows once; whoever held it before has all answers before that, unless requests or
     * answers were held back. So where nothing was, a row that came twice since the lease under which it was settled was
     * also sent by a relay that did not look whether its own lease was over.
     */
    private void onlyTheHolderOfALaneSends() {
        Map<Payload, Long> heldSince = this.facts.evidence().changes().stream()
                .filter(change -> change.status().equals("RESOLVED"))
                // Dead letters have the payload of their records, and a topic of their own.
                .filter(change -> World.TOPICS.containsKey(change.topic()))
                .collect(Collectors.toMap(RowChange::payload, RowChange::heldSinceMillis, Math::max));
        Set<Payload> sent = new HashSet<>();
        for (LogRecord each : this.records) {
            if (each.appendedMillis() > heldSince.getOrDefault(each.payload(), Long.MAX_VALUE)
                    && !sent.add(each.payload())
                    && !this.facts.reasons().isAnyThere(Fault::holdsBack, each.appendedMillis())) {
                this.facts.violation("Sent by two that thought they had the lane: " + each.payload()
                        + ", though nothing could have held back a request");
            }
        }
    }
}
