package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import io.github.resilientkafka.chaos.Entry.Ended;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.OfEvent;
import io.github.resilientkafka.chaos.Entry.Published;
import io.github.resilientkafka.chaos.Entry.Refused;
import io.github.resilientkafka.chaos.Payload.Kind;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What callers are told: every future completes, and fails only where the event can be made durable nowhere.
 */
final class FutureRules {

    /** The default of {@code publisher.timeout}: how long an event waits for the database. */
    private static final long PUBLISHER_TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(30);

    /** The database's network time-out: how long a connection may hang after a fault has ended. */
    private static final long NETWORK_TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(10);

    /** How long a stop may take until a kill cuts it short. */
    private static final long STOP_MILLIS = TimeUnit.SECONDS.toMillis(30);

    /** Until all that a closing publisher has is durable, beside a database: a flush (10 s), then the rest is stored. */
    private static final long CLOSE_MILLIS = TimeUnit.SECONDS.toMillis(18);

    /** Until a broker that is away is noticed (3 s), on a machine that is busy. */
    private static final long STALL_MILLIS = TimeUnit.SECONDS.toMillis(6);

    /** Until a fault has reached everybody. */
    private static final long BEGIN_MILLIS = TimeUnit.SECONDS.toMillis(1);

    /** Fewer events say nothing: one may have been acknowledged at the last moment. */
    private static final int SOME = 20;

    private final Facts facts;

    private final Map<Run, Ended> ends;

    FutureRules(Facts facts) {
        this.facts = facts;
        this.ends = facts.entries(Ended.class)
                .collect(Collectors.toMap(each -> new Run(each.instance(), each.incarnation()), Function.identity()));
    }

    void check() {
        everyRunAnswers();
        noFutureFailsWithoutNeed();
        theLoadGoesOn();
        eventsAreStoredWhileKafkaIsAway();
    }

    /** One run of an instance. */
    private record Run(String instance, int incarnation) implements Comparable<Run> {

        static Run of(OfEvent entry) {
            return new Run(entry.payload().instance(), entry.payload().incarnation());
        }

        Run next() {
            return new Run(this.instance, this.incarnation + 1);
        }

        @Override
        public int compareTo(Run other) {
            int instances = this.instance.compareTo(other.instance);
            return (instances != 0) ? instances : Integer.compare(this.incarnation, other.incarnation);
        }
    }

    /** A run ends by itself, and with all its futures completed, unless something ends it. */
    private void everyRunAnswers() {
        Map<Run, LongSummaryStatistics> runs = this.facts
                .entries(OfEvent.class)
                .collect(Collectors.groupingBy(Run::of, TreeMap::new, Collectors.summarizingLong(OfEvent::millis)));
        Set<Run> cutOff = runs.entrySet().stream()
                .filter(each -> !this.ends.containsKey(each.getKey()))
                .filter(each -> isCutOff(
                        each.getKey(), each.getValue(), runs.get(each.getKey().next())))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        runs.keySet().stream()
                .filter(run -> !this.ends.containsKey(run) && !cutOff.contains(run))
                .forEach(run -> this.facts.violation("Did not end by itself: " + run));
        Set<Run> mayHaveOpenFutures =
                cutOff.stream().filter(run -> !hadTimeToStore(run)).collect(Collectors.toSet());
        Set<Payload> answered = this.facts
                .entries(OfEvent.class)
                .filter(entry -> !(entry instanceof Published))
                .map(OfEvent::payload)
                .collect(Collectors.toSet());
        this.facts.published().values().stream()
                .filter(each -> !answered.contains(each.payload()) && !mayHaveOpenFutures.contains(Run.of(each)))
                .forEach(each -> this.facts.violation("Never completed: " + each.payload()));
    }

    /**
     * Whether a run was killed. So it is by a restart if it takes longer to stop than anybody waits, which it may beside an
     * outage only.
     */
    private boolean isCutOff(Run run, LongSummaryStatistics times, @Nullable LongSummaryStatistics next) {
        long last = times.getMax();
        long over = (next != null) ? next.getMin() : Long.MAX_VALUE;
        String instance = run.instance();
        boolean killed =
                anyFault(instance, fault -> fault.fault() == Fault.APPLICATION_KILLED && fault.overlaps(last, over));
        boolean restarted = anyFault(instance, fault -> fault.fault().restarts() && fault.overlaps(last, over));
        boolean troubled = anyFault(
                instance,
                fault -> (fault.fault().troublesKafka() || fault.fault().troublesDatabase())
                        && fault.overlaps(last - STOP_MILLIS, last + STOP_MILLIS));
        return killed || (restarted && troubled);
    }

    /**
     * Whether a run that took too long to stop had closed its publisher early enough, beside a database: nothing had asked
     * it to stop so long before that the kill could have come too soon.
     */
    private boolean hadTimeToStore(Run run) {
        OptionalLong closed = this.facts
                .entries(Refused.class)
                .filter(refused -> Run.of(refused).equals(run) && isClosed(refused))
                .mapToLong(Refused::millis)
                .min();
        return closed.isPresent() && !couldNotStore(run.instance(), closed.getAsLong());
    }

    private boolean couldNotStore(String instance, long closed) {
        return anyFault(
                        instance,
                        fault -> fault.fault().restarts()
                                && fault.overlaps(closed - STOP_MILLIS, closed + CLOSE_MILLIS - STOP_MILLIS))
                || anyFault(
                        instance,
                        fault -> fault.fault().troublesDatabase()
                                && fault.overlaps(closed - STOP_MILLIS, closed + STOP_MILLIS));
    }

    /**
     * An event that neither Kafka nor the database took within {@code publisher.timeout} may be refused, and what is
     * published to a publisher that a stop has closed. Not for want of room: all that is under way is a few megabytes of
     * 64.
     */
    private void noFutureFailsWithoutNeed() {
        this.facts
                .entries(Refused.class)
                .filter(refused -> !(isClosed(refused) && wasStopping(refused)))
                .filter(refused -> !(refused.error().equals("EventNotStoredException") && hadNowhereToGo(refused)))
                .forEach(refused -> this.facts.violation("Refused without need: " + refused));
    }

    private static boolean isClosed(Refused refused) {
        return refused.error().equals("PublisherClosedException");
    }

    /** Whether the run ended soon after, or took too long for that when it was restarted. */
    private boolean wasStopping(Refused refused) {
        Ended end = this.ends.get(Run.of(refused));
        return (end != null)
                ? end.millis() <= refused.millis() + STOP_MILLIS
                : anyFault(
                        refused.instance(),
                        fault -> fault.fault().restarts() && fault.overlaps(refused.millis(), refused.millis()));
    }

    private boolean hadNowhereToGo(Refused refused) {
        String instance = refused.payload().instance();
        long from = refused.millis() - PUBLISHER_TIMEOUT_MILLIS;
        boolean hadToBeStored = refused.payload().kind() == Kind.TOO_LARGE
                || anyFault(
                        instance,
                        fault -> (fault.fault().troublesKafka() || fault.fault().interrupts())
                                && fault.overlaps(from - PUBLISHER_TIMEOUT_MILLIS, refused.millis()));
        // Once for every second.
        return hadToBeStored
                && LongStream.iterate(from + 500, millis -> millis < refused.millis(), millis -> millis + 1_000)
                        .allMatch(millis -> anyFault(
                                instance,
                                fault -> (fault.fault().troublesDatabase()
                                                || fault.fault().interrupts())
                                        && fault.overlaps(millis - NETWORK_TIMEOUT_MILLIS, millis)));
    }

    /** What nobody publishes is not on trial. */
    private void theLoadGoesOn() {
        long planned = this.facts.evidence().planned();
        Map<String, Long> published = new TreeMap<>();
        this.facts.entries(Entry.class).forEach(each -> published.put(each.instance(), 0L));
        this.facts.published().keySet().forEach(each -> published.merge(each.instance(), 1L, Long::sum));
        if (this.facts.published().isEmpty() && planned > 0) {
            this.facts.violation("Nothing was published");
        }
        published.forEach((instance, count) -> {
            // It is down, or waits for what is under way, for much of the time.
            if (count < planned / 4) {
                this.facts.violation(
                        "Too little was published: %d of %d events by %s".formatted(count, planned, instance));
            }
        });
    }

    /** What is published while there is no Kafka, and will be none for longer than the publisher waits, is stored. */
    private void eventsAreStoredWhileKafkaIsAway() {
        Map<String, List<Published>> published = this.facts.published().values().stream()
                .collect(Collectors.groupingBy(each -> each.payload().instance(), TreeMap::new, Collectors.toList()));
        this.facts.evidence().faults().stream()
                .filter(fault -> fault.fault().keepsKafkaAway())
                .forEach(fault -> published.forEach((instance, events) -> {
                    if (fault.concerns(instance) && !isInterrupted(instance, fault)) {
                        someOfThemAreStored(events, fault);
                    }
                }));
    }

    private boolean isInterrupted(String instance, Occurrence outage) {
        return anyFault(
                instance,
                fault -> fault.fault().interrupts() && fault.overlaps(outage.beginMillis(), outage.endMillis()));
    }

    private void someOfThemAreStored(List<Published> events, Occurrence outage) {
        Set<Payload> meanwhile = events.stream()
                .filter(each -> each.millis() >= outage.beginMillis() + BEGIN_MILLIS)
                .filter(each -> each.millis() <= outage.endMillis() - STALL_MILLIS)
                .map(Published::payload)
                .collect(Collectors.toSet());
        List<Kept> kept = this.facts.kept().values().stream()
                .filter(each -> meanwhile.contains(each.payload()))
                .toList();
        if (kept.size() >= SOME
                && kept.stream().noneMatch(each -> each.outcome().equals("STORED"))) {
            this.facts.violation("Nothing was stored while there was no Kafka: by %s, %s"
                    .formatted(kept.get(0).payload().instance(), outage));
        }
    }

    private boolean anyFault(String instance, Predicate<Occurrence> such) {
        return this.facts.evidence().faults().stream().anyMatch(fault -> fault.concerns(instance) && such.test(fault));
    }
}
