package io.github.resilientkafka.store;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a {@link WriterThread}: in order within a lane, and lanes take turns. When a broker fails, each lane hands
 * over thousands of events at once; lane after lane, the oldest of the last one would wait for the newest of the first.
 * <p>
 * Anybody may offer, and waits for nobody; all else is for one thread.
 */
final class WriterQueue {

    private final List<Queue<StoreRequest>> lanes = Stream.<Queue<StoreRequest>>generate(ConcurrentLinkedQueue::new)
            .limit(EventStore.LANES)
            .toList();

    private final AtomicReference<@Nullable Thread> waiting = new AtomicReference<>();

    private int nextLane;

    private volatile boolean closed;

    /**
     * Adds a request.
     * @return false if the queue is closed
     */
    boolean offer(StoreRequest request) {
        Queue<StoreRequest> lane = this.lanes.get(request.lane());
        lane.add(request);
        if (this.closed && lane.remove(request)) {
            return false;
        }
        Thread thread = this.waiting.get();
        if (thread != null && this.waiting.compareAndSet(thread, null)) {
            LockSupport.unpark(thread);
        }
        return true;
    }

    /**
     * Takes what is there; waits for the first if there is nothing, also when the thread is interrupted.
     * @param taken where they go, empty; nothing if the time is over
     * @param max how many to take at most
     */
    void takeInto(List<StoreRequest> taken, int max, long timeoutMillis) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        takeInto(taken, max);
        for (long left; taken.isEmpty() && (left = deadline - System.nanoTime()) > 0; ) {
            this.waiting.set(Thread.currentThread());
            // Whoever offered before that has woken nobody.
            takeInto(taken, max);
            if (taken.isEmpty()) {
                LockSupport.parkNanos(this, left);
                Thread.interrupted();
                takeInto(taken, max);
            }
        }
        this.waiting.set(null);
    }

    private void takeInto(List<StoreRequest> taken, int max) {
        for (int empty = 0; empty < this.lanes.size() && taken.size() < max; empty++) {
            StoreRequest next = this.lanes.get(this.nextLane).poll();
            this.nextLane = (this.nextLane + 1) % this.lanes.size();
            if (next != null) {
                taken.add(next);
                empty = -1;
            }
        }
    }

    /**
     * Takes one that is at the head of its lane and whose deadline has passed.
     * @return the request, or null if there is none
     */
    @Nullable
    StoreRequest takeExpired(long nowNanos) {
        for (Queue<StoreRequest> lane : this.lanes) {
            StoreRequest head = lane.peek();
            if (head != null && head.deadlineNanos() - nowNanos <= 0 && lane.remove(head)) {
                return head;
            }
        }
        return null;
    }

    /**
     * Accepts nothing more, unless something is still to be taken.
     * @return whether the queue is closed and empty
     */
    boolean closeIfEmpty() {
        if (isEmpty()) {
            this.closed = true;
        }
        // What was offered before that, and has not seen it, is here now.
        return this.closed && isEmpty();
    }

    private boolean isEmpty() {
        return this.lanes.stream().allMatch(Queue::isEmpty);
    }
}
