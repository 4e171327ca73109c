package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The short trial of every build; {@link Chaos} runs the long ones.
 */
class ChaosTests {

    /** One whose plan strikes nearly every place within the time. */
    private static final long SEED = 2778;

    private static final Duration LENGTH = Duration.ofSeconds(40);

    private static final int INSTANCES = 2;

    private static final int RATE = 300;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    @Test
    @DisplayName("Promises 1 to 6: two instances, 40 seconds of faults: nothing lost, nothing overtaken, nothing stuck")
    void seededTrial() throws Exception {
        FaultPlan plan =
                FaultPlan.of(SEED, LENGTH, INSTANCES, Set.of(Fault.values())).only(World.possibleFaults());
        Evidence evidence = new Trial(this.directory, INSTANCES, RATE, List.of()).run(plan, world -> {});
        Verdict verdict = Checker.check(evidence);
        System.out.print(Chaos.describe(SEED, plan, verdict));
        assertThat(verdict.violations()).isEmpty();
        assertThat(verdict.kept()).isGreaterThan(LENGTH.toSeconds() * RATE);
        assertThat(verdict.count("SENT")).as("sent at once").isGreaterThan(500);
        assertThat(verdict.resolved()).as("sent from the database").isGreaterThan(1_000);
        assertThat(verdict.circuitOpenings()).isPositive();
    }
}
