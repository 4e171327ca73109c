package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WriterQueueTests {

    private static final long LONG = 60_000;

    private final WriterQueue queue = new WriterQueue();

    @Test
    @DisplayName(
            "Lanes take turns, each in its order: the oldest of the last one do not wait for the newest of the first")
    void lanesTakeTurns() throws InterruptedException {
        offer(1, 2, 3, 100, 101, 200);

        assertThat(take(4)).containsExactly(1, 100, 200, 2);
        offer(4, 102, 201);
        assertThat(take(4)).containsExactly(101, 3, 201, 102);
        assertThat(take(4)).containsExactly(4);
    }

    @Test
    @DisplayName("Who takes waits for the first, and goes away empty when the time is over")
    void waitsForTheFirst() throws Exception {
        assertThat(this.queue.take(10, 1)).isEmpty();
        List<Integer> taken = new ArrayList<>();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Thread taker = new Thread(() -> {
            try {
                taken.addAll(take(10));
                ended.complete(null);
            } catch (InterruptedException | RuntimeException | Error ex) {
                ended.completeExceptionally(ex);
            }
        });
        taker.start();
        Awaitility.await().until(() -> taker.getState() == Thread.State.TIMED_WAITING);
        offer(7);
        ended.join();

        assertThat(taken).containsExactly(7);
    }

    @Test
    @DisplayName(
            "What has expired leaves from the heads of all lanes; what is behind one that has not stays in its place")
    void takesWhatHasExpired() throws InterruptedException {
        this.queue.offer(new Request(1, 10));
        this.queue.offer(new Request(2, 30));
        this.queue.offer(new Request(3, 10));
        this.queue.offer(new Request(100, 20));

        assertThat(this.queue.takeExpired(20)).isEqualTo(new Request(1, 10));
        assertThat(this.queue.takeExpired(20)).isEqualTo(new Request(100, 20));
        assertThat(this.queue.takeExpired(20)).isNull();
        offer(101);
        assertThat(take(10)).containsExactly(2, 101, 3);
    }

    @Test
    @DisplayName("It is closed only when nothing is left, and accepts nothing then")
    void closes() throws InterruptedException {
        offer(1);
        assertThat(this.queue.closeIfEmpty()).isFalse();
        offer(2);
        assertThat(take(10)).containsExactly(1, 2);
        assertThat(this.queue.closeIfEmpty()).isTrue();
        assertThat(this.queue.offer(new Request(3, 0))).isFalse();
        assertThat(this.queue.take(10, 0)).isEmpty();
    }

    /**
     * Offers requests: hundreds are lanes.
     */
    private void offer(int... numbers) {
        for (int number : numbers) {
            assertThat(this.queue.offer(new Request(number, Long.MAX_VALUE))).isTrue();
        }
    }

    private List<Integer> take(int max) throws InterruptedException {
        return numbers(this.queue.take(max, LONG));
    }

    private static List<Integer> numbers(List<StoreRequest> requests) {
        return requests.stream().map(request -> ((Request) request).number()).toList();
    }

    private record Request(int number, long deadlineNanos) implements StoreRequest {

        @Override
        public int lane() {
            return this.number / 100;
        }

        @Override
        public FailedEvent toRow() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void stored() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void notStored(Throwable error) {
            throw new UnsupportedOperationException();
        }
    }
}
