package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.store.StoredEvents.row;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PartitionHoldsTests {

    private final PartitionHolds holds = new PartitionHolds();

    private final TopicPartition partition = new TopicPartition("orders", 1);

    @Test
    void aPartitionIsHeldForASecondFirstAndItsRowsAreRemembered() {
        this.holds.hold(this.partition, row(1));
        assertThat(this.holds.holds(this.partition, row(2))).isTrue();
        assertThat(this.holds.holds(new TopicPartition("orders", 2), row(3))).isFalse();
        assertThat(this.holds.held().partitions()).containsExactly(this.partition);
        assertThat(this.holds.held().rows()).containsExactlyInAnyOrder(1L, 2L);
        assertThat(this.holds.untilNextRelease()).isBetween(Duration.ofMillis(1), Duration.ofSeconds(1));
    }

    @Test
    void anAcknowledgementReleasesThePartitionAndItsTopic() {
        this.holds.hold(this.partition, row(1));
        this.holds.hold(PartitionHolds.wholeTopic("orders"), row(2));
        this.holds.release(this.partition);
        assertThat(this.holds.isEmpty()).isTrue();
        assertThat(this.holds.held().rows()).isEmpty();
        assertThat(this.holds.untilNextRelease()).isNull();
    }

    @Test
    void holdingAgainWhileHeldOnlyRemembersTheRow() {
        this.holds.hold(this.partition, row(1));
        this.holds.hold(this.partition, row(2));
        assertThat(this.holds.held().rows()).containsExactlyInAnyOrder(1L, 2L);
        assertThat(this.holds.untilNextRelease()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aHoldThatIsOverCanBeProlongedForLongerAndKeepsItsRows() {
        this.holds.hold(this.partition, row(1));
        assertThat(this.holds.over()).isEmpty();
        assertThat(this.holds.isHeld(this.partition)).isTrue();
        Awaitility.await().until(() -> this.holds.over().contains(this.partition));
        assertThat(this.holds.isHeld(this.partition)).isFalse();
        this.holds.prolong(this.partition);
        assertThat(this.holds.over()).isEmpty();
        assertThat(this.holds.held().rows()).containsExactly(1L);
        assertThat(this.holds.untilNextRelease()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    @Test
    void tooManyRowsToRememberWaitAllTheSame() {
        this.holds.hold(this.partition, row(0));
        for (int id = 1; id < PartitionHolds.MAX_REMEMBERED; id++) {
            assertThat(this.holds.isFull()).isFalse();
            this.holds.holds(this.partition, row(id));
        }
        assertThat(this.holds.isFull()).isTrue();
        assertThat(this.holds.holds(this.partition, row(PartitionHolds.MAX_REMEMBERED)))
                .isTrue();
        assertThat(this.holds.held().rows()).hasSize(PartitionHolds.MAX_REMEMBERED);
        this.holds.release(this.partition);
        assertThat(this.holds.isFull()).isFalse();
    }

    @Test
    void aHeldTopicHoldsNewEventsOfAllItsPartitions() {
        this.holds.hold(PartitionHolds.wholeTopic("orders"), row(1));
        assertThat(this.holds.isHeld(this.partition)).isTrue();
        assertThat(this.holds.isHeld(new TopicPartition("payments", 1))).isFalse();
        assertThat(this.holds.concern("orders")).isTrue();
        assertThat(this.holds.concern("payments")).isFalse();
    }

    @Test
    @DisplayName(
            "W5: where no relay runs (retry.enabled=false), new events alone see to it that old holds are forgotten")
    void oldHoldsAreForgottenWithoutARelay() {
        AtomicLong nanos = new AtomicLong();
        PartitionHolds holds = new PartitionHolds(nanos::get);
        holds.hold(this.partition);
        nanos.addAndGet(Duration.ofSeconds(31).toNanos());
        assertThat(holds.concern("payments")).isFalse();
        assertThat(holds.isEmpty()).as("its next hold is a longer one").isFalse();
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(holds.concern("payments")).isFalse();
        assertThat(holds.isEmpty()).isTrue();
    }
}
