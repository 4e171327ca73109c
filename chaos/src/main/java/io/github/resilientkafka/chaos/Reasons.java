package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Which fault can be the reason that something was done twice, and how often each of them has been already.
 */
final class Reasons {

    /** How long after its end a fault may still be the reason: a lease (15 s), a delivery (10 s), and some to notice. */
    private static final long AFTERMATH_MILLIS = TimeUnit.SECONDS.toMillis(30);

    /** How long after something was done its acknowledgement, settlement or commit may be under way: a delivery. */
    private static final long WAY_MILLIS = TimeUnit.SECONDS.toMillis(10);

    private final List<Occurrence> faults;

    private final List<String> violations;

    private final Map<String, Integer> used = new HashMap<>();

    Reasons(List<Occurrence> faults, List<String> violations) {
        this.faults = faults;
        this.violations = violations;
    }

    /**
     * Something that was done a second time.
     *
     * @param what in words
     * @param able which faults can be the reason
     * @param instances those whose own faults can; empty: those of all can
     * @param firstMillis when it was done first: the fault was there, or came before that could be noted everywhere
     * @param againMillis when it was done again
     * @param counter what counts as one kind, by one instance
     * @param most how much of a kind one fault can be the reason for
     */
    record Second(
            String what,
            Predicate<Fault> able,
            List<String> instances,
            long firstMillis,
            long againMillis,
            String counter,
            int most) {

        private boolean isBecauseOf(Occurrence fault) {
            return this.able.test(fault.fault())
                    && (this.instances.isEmpty() || this.instances.stream().anyMatch(fault::concerns))
                    && fault.beginMillis() <= Math.min(this.againMillis, this.firstMillis + WAY_MILLIS)
                    && this.firstMillis <= fault.endMillis() + AFTERMATH_MILLIS;
        }

        private String counter(Occurrence fault) {
            return this.counter + " " + fault;
        }
    }

    /** The fault that struck last, of those that can be the reason. What has none is a violation. */
    String of(Second second) {
        List<Occurrence> able = this.faults.stream().filter(second::isBecauseOf).toList();
        return able.stream()
                .filter(fault -> this.used.getOrDefault(second.counter(fault), 0) < second.most())
                .max(Comparator.comparing(Occurrence::beginMillis))
                .map(fault -> {
                    this.used.merge(second.counter(fault), 1, Integer::sum);
                    return fault.fault().name();
                })
                .orElseGet(() -> {
                    this.violations.add(second.what()
                            + (able.isEmpty()
                                    ? ", though no fault had struck that could be the reason"
                                    : ", though each fault that could be the reason is that for " + second.most()));
                    return "no fault";
                });
    }

    /** Whether such a fault was there at a moment, or had ended 10 seconds before at most. */
    boolean isAnyThere(Predicate<Fault> able, long millis) {
        return this.faults.stream()
                .filter(fault -> able.test(fault.fault()))
                .anyMatch(fault -> fault.overlaps(millis - WAY_MILLIS, millis));
    }
}
