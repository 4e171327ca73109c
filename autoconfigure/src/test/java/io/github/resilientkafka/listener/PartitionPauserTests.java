package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PartitionPauserTests {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private final RecordedContainer recorded = new RecordedContainer();

    private final PartitionPauser pauser = new PartitionPauser(this.recorded.container());

    @Test
    @DisplayName("P2: a partition is resumed before the poll at which it may run")
    void resumes() {
        this.pauser.pause(PARTITION);
        this.pauser.beforePoll(partition -> false);
        assertThat(this.recorded.paused).containsExactly(PARTITION);
        this.pauser.beforePoll(partition -> true);
        assertThat(this.recorded.paused).isEmpty();
    }

    @Test
    @DisplayName("P2: what the application had paused before us stays paused, however often we do and do not")
    void leavesTheApplicationsPause() {
        this.recorded.paused.add(PARTITION);
        this.pauser.pause(PARTITION);
        this.pauser.pause(PARTITION);
        this.pauser.beforePoll(partition -> true);
        assertThat(this.recorded.paused).containsExactly(PARTITION);

        this.pauser.pause(PARTITION);
        this.pauser.clear();
        assertThat(this.recorded.paused).containsExactly(PARTITION);
    }

    @Test
    @DisplayName(
            "P2: where the application has resumed its partition in the midst of our pause, the pause is ours alone")
    void theApplicationResumesBeforeUs() {
        this.recorded.paused.add(PARTITION);
        this.pauser.pause(PARTITION);
        this.recorded.paused.remove(PARTITION);
        this.pauser.pause(PARTITION);
        assertThat(this.recorded.paused).containsExactly(PARTITION);
        this.pauser.beforePoll(partition -> true);
        assertThat(this.recorded.paused).isEmpty();
    }
}
