package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.FaultPlan.Planned;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FaultPlanTests {

    private static final Set<Fault> ALL = Set.of(Fault.values());

    private static final Duration LENGTH = Duration.ofMinutes(30);

    @Test
    void theSameSeedGivesTheSamePlan() {
        assertThat(FaultPlan.of(7, LENGTH, 3, ALL)).isEqualTo(FaultPlan.of(7, LENGTH, 3, ALL));
        assertThat(FaultPlan.of(7, LENGTH, 3, ALL)).isNotEqualTo(FaultPlan.of(8, LENGTH, 3, ALL));
    }

    @Test
    void whatIsNotPossibleIsLeftOutAndNothingElseChanges() {
        FaultPlan plan = FaultPlan.of(7, LENGTH, 3, ALL);
        Set<Fault> possible = EnumSet.complementOf(EnumSet.of(Fault.DISK_FULL));
        assertThat(plan.only(possible).faults())
                .isNotEmpty()
                .isEqualTo(plan.faults().stream()
                        .filter(each -> each.fault() != Fault.DISK_FULL)
                        .toList())
                .hasSizeLessThan(plan.faults().size());
    }

    @Test
    void everyFaultStrikesAndEveryInstanceIsStruck() {
        List<Planned> faults = FaultPlan.of(7, LENGTH, 3, ALL).faults();
        assertThat(faults).extracting(Planned::fault).contains(Fault.values());
        assertThat(faults)
                .extracting(Planned::target)
                .contains("BROKER", "INSTANCE 0", "INSTANCE 1", "INSTANCE 2", "KAFKA_LINK 2");
        assertThat(faults).extracting(Planned::at).isSorted().allMatch(at -> at.compareTo(LENGTH) <= 0);
    }

    @Test
    void aTargetIsStruckByOneFaultAtATime() {
        Map<String, List<Planned>> targets =
                FaultPlan.of(7, LENGTH, 3, ALL).faults().stream().collect(Collectors.groupingBy(Planned::target));
        targets.values().forEach(faults -> {
            for (int i = 1; i < faults.size(); i++) {
                Planned before = faults.get(i - 1);
                assertThat(faults.get(i).at()).isGreaterThan(before.at().plus(before.duration()));
            }
        });
    }
}
