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

    private final IdWindow window = new IdWindow(BATCH, 1, EventStore.LANES / 2);

    @Test
    void theFirstReadHasNoEnd() {
        assertThat(this.window.isOpen()).isTrue();
        assertThat(this.window.end(BATCH)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void theNextOneGoesAsFarBeyondTheFirstAsABatchOfTheseLanesIsLong() {
        take(rows(LongStream.iterate(1_001, id -> id + 2).limit(BATCH)));
        assertThat(this.window.isOpen()).isFalse();
        assertThat(this.window.end(BATCH)).isEqualTo(1_001 + 2 * 2 * BATCH);
    }

    @Test
    void aBatchIsTheRowsWithTheLowestIdsInTheirOrder() {
        List<StoredEvent> rows = new ArrayList<>(rows(LongStream.rangeClosed(51, 150)));
        rows.addAll(rows(LongStream.rangeClosed(1, 50)));
        assertThat(take(rows)).extracting(StoredEvent::id).containsExactlyElementsOf(ids(1, 100));
    }

    @Test
    void rowsThatDidNotFitAreReadAgain() {
        take(rows(LongStream.rangeClosed(1, 100)));
        take(rows(LongStream.rangeClosed(101, 300)));
        assertThat(this.window.end(BATCH)).isGreaterThan(200).isLessThanOrEqualTo(200 + 2 * BATCH);
    }

    @Test
    void theWindowFollowsHowDenseTheRowsAre() {
        take(rows(LongStream.rangeClosed(1, 100)));
        long before = this.window.end(BATCH);
        take(rows(LongStream.iterate(201, id -> id + 4).limit(BATCH / 2)));
        assertThat(this.window.end(BATCH) - before).isEqualTo(2 * 2 * BATCH);
    }

    @Test
    void fewRowsOpenItSinceTheRestMayBeFarAway() {
        take(rows(LongStream.rangeClosed(1, 100)));
        assertThat(take(rows(LongStream.rangeClosed(101, 110)))).hasSize(10);
        assertThat(this.window.isOpen()).isTrue();
        assertThat(take(List.of())).isEmpty();
        assertThat(this.window.isOpen()).isTrue();
    }

    @Test
    void aTrickleDoesNotWidenItWithoutEnd() {
        for (int i = 0; i < 100; i++) {
            take(rows(LongStream.of(i)));
        }
        take(rows(LongStream.rangeClosed(1_001, 1_000 + BATCH)));
        assertThat(this.window.isOpen()).isFalse();
        assertThat(this.window.end(BATCH)).isEqualTo(1_001 + 2L * BATCH * EventStore.LANES * 16);
    }

    @Test
    void aLargerReadGoesAsMuchFurtherAsItsRowsAreMore() {
        IdWindow wide = new IdWindow(BATCH, 4, EventStore.LANES / 2);
        wide.take(rows(LongStream.iterate(1_001, id -> id + 2).limit(BATCH)), BATCH);
        long start = wide.end(BATCH) - 2 * BATCH;
        assertThat(wide.end(4 * BATCH)).isEqualTo(start + 2 * 4 * BATCH);
        assertThat(wide.take(rows(LongStream.rangeClosed(1, 5 * BATCH)), 4 * BATCH))
                .extracting(StoredEvent::id)
                .containsExactlyElementsOf(ids(1, 4 * BATCH));
    }

    private List<StoredEvent> take(List<StoredEvent> rows) {
        return this.window.take(rows, BATCH);
    }

    private static List<StoredEvent> rows(LongStream ids) {
        return ids.mapToObj(StoredEvents::row).toList();
    }

    private static List<Long> ids(long first, long last) {
        return LongStream.rangeClosed(first, last).boxed().toList();
    }
}
