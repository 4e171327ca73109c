package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WriterQueueTests {

    private static final long LONG = 60_000;

    private static final int OFFERS = 100_000;

    private final WriterQueue queue = new WriterQueue();

    @Test
    @DisplayName(
            "Lanes take turns, each in its order: the oldest of the last one do not wait for the newest of the first")
    void lanesTakeTurns() {
        offer(1, 2, 3, 100, 101, 200);

        assertThat(take(4)).containsExactly(1, 100, 200, 2);
        offer(4, 102, 201);
        assertThat(take(4)).containsExactly(101, 201, 3, 102);
        assertThat(take(4)).containsExactly(4);
    }

    @Test
    @DisplayName("Who takes waits for the first, and goes away empty when the time is over")
    void waitsForTheFirst() {
        assertThat(take(10, 1)).isEmpty();
        List<Integer> taken = new ArrayList<>();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Thread taker = new Thread(() -> {
            try {
                taken.addAll(take(10));
                ended.complete(null);
            } catch (RuntimeException | Error ex) {
                ended.completeExceptionally(ex);
            }
        });
        taker.start();
        Awaitility.await().until(() -> taker.getState() == Thread.State.TIMED_WAITING);
        taker.interrupt();
        Awaitility.await().until(() -> !taker.isInterrupted() && taker.getState() == Thread.State.TIMED_WAITING);
        offer(7);
        ended.join();

        assertThat(taken).containsExactly(7);
    }

    @Test
    @DisplayName(
            "What has expired leaves from the heads of all lanes; what is behind one that has not stays in its place")
    void takesWhatHasExpired() {
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
    void closes() {
        offer(1);
        assertThat(this.queue.closeIfEmpty()).isFalse();
        offer(2);
        assertThat(take(10)).containsExactly(1, 2);
        assertThat(this.queue.closeIfEmpty()).isTrue();
        assertThat(this.queue.offer(new Request(3, 0))).isFalse();
        assertThat(take(10, 0)).isEmpty();
    }

    @Test
    @DisplayName(
            "Nothing is lost or taken twice, and no lane loses its order, however many offer at once, up to the end")
    void offeredByMany() throws Exception {
        int threads = 4;
        ConcurrentLinkedQueue<Integer> accepted = new ConcurrentLinkedQueue<>();
        ExecutorService offering = Executors.newFixedThreadPool(threads);
        List<Future<?>> ends = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            int lane = 10 * thread;
            ends.add(offering.submit(() -> {
                for (int i = 0; i < OFFERS && this.queue.offer(new Request(i, lane, Long.MAX_VALUE)); i++) {
                    accepted.add(lane * OFFERS + i);
                }
            }));
        }
        List<Integer> taken = new ArrayList<>();
        while (!(taken.size() >= OFFERS && this.queue.closeIfEmpty())) {
            for (StoreRequest request : take(500, 1)) {
                taken.add(request.lane() * OFFERS + ((Request) request).number());
            }
        }
        for (Future<?> end : ends) {
            end.get();
        }
        offering.shutdown();

        assertThat(taken.stream().sorted().toList())
                .isEqualTo(accepted.stream().sorted().toList());
        for (int thread = 0; thread < threads; thread++) {
            int lane = 10 * thread;
            assertThat(taken.stream().filter(number -> number / OFFERS == lane).toList())
                    .isSorted();
        }
    }

    /**
     * Offers requests: hundreds are lanes.
     */
    private void offer(int... numbers) {
        for (int number : numbers) {
            assertThat(this.queue.offer(new Request(number, Long.MAX_VALUE))).isTrue();
        }
    }

    private List<Integer> take(int max) {
        return numbers(take(max, LONG));
    }

    private List<StoreRequest> take(int max, long timeoutMillis) {
        List<StoreRequest> taken = new ArrayList<>();
        this.queue.takeInto(taken, max, timeoutMillis);
        return taken;
    }

    private static List<Integer> numbers(List<StoreRequest> requests) {
        return requests.stream().map(request -> ((Request) request).number()).toList();
    }

    private record Request(int number, int lane, long deadlineNanos) implements StoreRequest {

        Request(int number, long deadlineNanos) {
            this(number, number / 100, deadlineNanos);
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
