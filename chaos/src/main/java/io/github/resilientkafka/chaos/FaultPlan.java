package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Fault.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Which faults strike when: the same for the same seed.
 *
 * @param faults in the order of their beginnings
 */
record FaultPlan(List<Planned> faults) {

    private static final int LONGEST_GAP_MILLIS = 4_000;

    /**
     * One fault.
     *
     * @param at since the trial began
     * @param target what it strikes: the place, or the number of an instance
     */
    record Planned(Duration at, Duration duration, Fault fault, int instance) {

        String target() {
            Place place = this.fault.place();
            return place.isOfInstance() ? place + " " + this.instance : place.name();
        }

        private Duration end() {
            return this.at.plus(this.duration);
        }
    }

    /** Leaves out what is not possible here. Everything else strikes as it does elsewhere. */
    FaultPlan only(Set<Fault> possible) {
        return new FaultPlan(this.faults.stream()
                .filter(planned -> possible.contains(planned.fault()))
                .toList());
    }

    /**
     * Draws a plan.
     * @param length the time in which faults begin
     * @param instances how many applications there are
     * @param faults which are drawn, also if they are not possible here
     */
    static FaultPlan of(long seed, Duration length, int instances, Set<Fault> faults) {
        Random random = new Random(seed);
        List<Fault> choice = faults.stream().sorted().toList();
        List<Planned> plan = new ArrayList<>();
        Map<String, Duration> busyUntil = new HashMap<>();
        Duration at = Duration.ZERO;
        while (true) {
            at = at.plusMillis(500 + random.nextInt(LONGEST_GAP_MILLIS));
            if (at.compareTo(length) > 0) {
                return new FaultPlan(plan);
            }
            Fault fault = choice.get(random.nextInt(choice.size()));
            Planned next = new Planned(at, fault.duration(random), fault, random.nextInt(instances));
            if (busyUntil.getOrDefault(next.target(), Duration.ZERO).compareTo(at) < 0) {
                plan.add(next);
                // A server that comes back needs a moment of its own.
                busyUntil.put(next.target(), next.end().plusSeconds(2));
            }
        }
    }
}
