package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.StoredEvent;
import io.github.resilientkafka.store.StoredEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class IdWindowTests {

    private static final int BATCH = 100;

    private final IdWindow window = new IdWindow(BATCH, EventStore.LANES / 2);

    @Test
    void theFirstReadHasNoEnd() {
        assertThat(this.window.isOpen()).isTrue();
        assertThat(this.window.end()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void theNextOneGoesAsFarBeyondTheFirstAsABatchOfTheseLanesIsLong() {
        this.window.take(rows(LongStream.iterate(1_001, id -> id + 2).limit(BATCH)));
        assertThat(this.window.isOpen()).isFalse();
        assertThat(this.window.end()).isEqualTo(1_001 + 2 * 2 * BATCH);
    }

    @Test
    void aBatchIsTheRowsWithTheLowestIdsInTheirOrder() {
        List<StoredEvent> rows = new ArrayList<>(rows(LongStream.rangeClosed(51, 150)));
        rows.addAll(rows(LongStream.rangeClosed(1, 50)));
        assertThat(this.window.take(rows)).extracting(StoredEvent::id).containsExactlyElementsOf(ids(1, 100));
    }

    @Test
    void rowsThatDidNotFitAreReadAgain() {
        this.window.take(rows(LongStream.rangeClosed(1, 100)));
        this.window.take(rows(LongStream.rangeClosed(101, 300)));
        assertThat(this.window.end()).isGreaterThan(200).isLessThanOrEqualTo(200 + 2 * BATCH);
    }

    @Test
    void theWindowFollowsHowDenseTheRowsAre() {
        this.window.take(rows(LongStream.rangeClosed(1, 100)));
        long before = this.window.end();
        this.window.take(rows(LongStream.iterate(201, id -> id + 4).limit(BATCH / 2)));
        assertThat(this.window.end() - before).isEqualTo(2 * 2 * BATCH);
    }

    @Test
    void fewRowsOpenItSinceTheRestMayBeFarAway() {
        this.window.take(rows(LongStream.rangeClosed(1, 100)));
        assertThat(this.window.take(rows(LongStream.rangeClosed(101, 110)))).hasSize(10);
        assertThat(this.window.isOpen()).isTrue();
        assertThat(this.window.take(List.of())).isEmpty();
        assertThat(this.window.isOpen()).isTrue();
    }

    @Test
    void aTrickleDoesNotWidenItWithoutEnd() {
        for (int i = 0; i < 100; i++) {
            this.window.take(rows(LongStream.of(i)));
        }
        this.window.take(rows(LongStream.rangeClosed(1_001, 1_000 + BATCH)));
        assertThat(this.window.isOpen()).isFalse();
        assertThat(this.window.end()).isEqualTo(1_001 + 2L * BATCH * EventStore.LANES * 16);
    }

    private static List<StoredEvent> rows(LongStream ids) {
        return ids.mapToObj(StoredEvents::row).toList();
    }

    private static List<Long> ids(long first, long last) {
        return LongStream.rangeClosed(first, last).boxed().toList();
    }
}
