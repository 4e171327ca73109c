package io.github.resilientkafka.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a {@link WriterThread}: in order within a lane, and lanes take turns. When a broker fails, each lane hands
 * over thousands of events at once; lane after lane, the oldest of the last one would wait for the newest of the first.
 * Thread-safe, for one taker.
 */
final class WriterQueue {

    private final ReentrantLock lock = new ReentrantLock();

    private final Condition notEmpty = this.lock.newCondition();

    /** Linked, so that where memory is short a request is refused, and none that waits is lost. */
    private final List<Queue<StoreRequest>> lanes = IntStream.range(0, EventStore.LANES)
            .<Queue<StoreRequest>>mapToObj(lane -> new LinkedList<>())
            .toList();

    /** The lanes in which something waits, the next one first. */
    private final Queue<Queue<StoreRequest>> turns = new ArrayDeque<>(EventStore.LANES);

    private boolean closed;

    /**
     * Adds a request.
     * @return false if the queue is closed
     */
    boolean offer(StoreRequest request) {
        this.lock.lock();
        try {
            if (this.closed) {
                return false;
            }
            Queue<StoreRequest> lane = this.lanes.get(request.lane());
            boolean first = lane.isEmpty();
            lane.add(request);
            if (first) {
                this.turns.add(lane);
                this.notEmpty.signal();
            }
            return true;
        } finally {
            this.lock.unlock();
        }
    }

    /**
     * Takes what is there; waits for the first if there is nothing.
     * @param max how many to take at most
     * @return the requests, none if the time is over
     */
    List<StoreRequest> take(int max, long timeoutMillis) throws InterruptedException {
        this.lock.lockInterruptibly();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
            while (this.turns.isEmpty() && left > 0) {
                left = this.notEmpty.awaitNanos(left);
            }
            if (this.turns.isEmpty()) {
                return List.of();
            }
            List<StoreRequest> taken = new ArrayList<>(max);
            for (Queue<StoreRequest> lane; taken.size() < max && (lane = this.turns.poll()) != null; ) {
                taken.add(lane.remove());
                if (!lane.isEmpty()) {
                    this.turns.add(lane);
                }
            }
            return taken;
        } finally {
            this.lock.unlock();
        }
    }

    /**
     * Takes one that is at the head of its lane and whose deadline has passed.
     * @return the request, or null if there is none
     */
    @Nullable
    StoreRequest takeExpired(long nowNanos) {
        this.lock.lock();
        try {
            for (Iterator<Queue<StoreRequest>> it = this.turns.iterator(); it.hasNext(); ) {
                Queue<StoreRequest> lane = it.next();
                if (lane.element().deadlineNanos() - nowNanos <= 0) {
                    StoreRequest expired = lane.remove();
                    if (lane.isEmpty()) {
                        it.remove();
                    }
                    return expired;
                }
            }
            return null;
        } finally {
            this.lock.unlock();
        }
    }

    /**
     * Accepts nothing more, unless something is still to be taken.
     * @return whether the queue is closed
     */
    boolean closeIfEmpty() {
        this.lock.lock();
        try {
            this.closed = this.turns.isEmpty();
            return this.closed;
        } finally {
            this.lock.unlock();
        }
    }
}
