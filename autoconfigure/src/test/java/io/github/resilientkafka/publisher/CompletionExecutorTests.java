package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CompletionExecutorTests {

    private final CompletionExecutor executor = new CompletionExecutor();

    @BeforeEach
    void start() {
        this.executor.start();
    }

    @AfterEach
    void stop() {
        this.executor.stop(5_000);
    }

    @Test
    void callbacksThatWaitForWhatTheyHavePublishedDoNotStopTheRest() throws Exception {
        List<CompletableFuture<Void>> outer = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            CompletableFuture<Void> future = new CompletableFuture<>();
            outer.add(future.thenRun(() -> {
                CompletableFuture<Void> inner = new CompletableFuture<>();
                assertThat(this.executor.isOwnThread()).isTrue();
                this.executor.execute(() -> inner.complete(null), this.executor.isOwnThread());
                inner.join();
            }));
            this.executor.execute(() -> future.complete(null), this.executor.isOwnThread());
        }
        CompletableFuture.allOf(outer.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    }

    @Test
    void aCallbackThatBlocksHoldsUpOthersForMillisecondsOnly() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch othersDone = new CountDownLatch(100);
        this.executor.execute(
                () -> {
                    try {
                        assertThat(blocked.await(30, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException ex) {
                        throw new IllegalStateException(ex);
                    }
                },
                false);
        for (int i = 0; i < 100; i++) {
            this.executor.execute(othersDone::countDown, false);
        }
        assertThat(othersDone.await(10, TimeUnit.SECONDS)).isTrue();
        blocked.countDown();
    }

    @Test
    void aChainOfCallbacksThatPublishDoesNotStarveOthers() throws Exception {
        AtomicBoolean pumping = new AtomicBoolean(true);
        for (int i = 0; i < 100; i++) {
            this.executor.execute(new Pump(pumping), true);
        }
        CountDownLatch others = new CountDownLatch(100);
        for (int i = 0; i < 100; i++) {
            this.executor.execute(others::countDown, false);
        }
        assertThat(others.await(10, TimeUnit.SECONDS)).isTrue();
        pumping.set(false);
    }

    private final class Pump implements Runnable {

        private final AtomicBoolean pumping;

        Pump(AtomicBoolean pumping) {
            this.pumping = pumping;
        }

        @Override
        public void run() {
            if (this.pumping.get()) {
                CompletionExecutorTests.this.executor.execute(this, true);
            }
        }
    }

    @Test
    void aCallbackThatThrowsDoesNotEndTheThread() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        this.executor.execute(
                () -> {
                    throw new IllegalStateException("a user's bug");
                },
                false);
        this.executor.execute(
                () -> {
                    throw new AssertionError("another");
                },
                false);
        this.executor.execute(done::countDown, false);
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void stopRunsWhatWasHandedOverAndLeavesNoThread() {
        CountDownLatch done = new CountDownLatch(1_000);
        for (int i = 0; i < 1_000; i++) {
            this.executor.execute(done::countDown, false);
        }
        this.executor.stop(10_000);
        assertThat(done.getCount()).isZero();
        this.executor.start();
    }

    @Test
    @DisplayName("H11: a completion that comes after the stop is not lost")
    void aLateCompletionIsNotLost() {
        CompletionExecutor completions = new CompletionExecutor();
        completions.start();
        completions.stop(100);
        CompletableFuture<String> future = new CompletableFuture<>();
        completions.execute(() -> future.complete("late"), false);
        assertThat(future).isCompletedWithValue("late");
    }

    @Test
    @DisplayName(
            "H11: where no thread can be made, completions wait for one; callers, the watch and its count see no harm")
    void aThreadThatCannotBeMadeIsTriedAgain() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        CompletionExecutor completions = new CompletionExecutor((owner, task, name) -> {
            if (tries.incrementAndGet() <= 3) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            return new CallbackThread(owner, task, name);
        });
        completions.start();
        try {
            CountDownLatch done = new CountDownLatch(1);
            completions.execute(done::countDown, false);
            assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(tries).hasValue(4);
            Awaitility.await().until(() -> completions.drainers() == 0);
        } finally {
            completions.stop(1_000);
        }
    }
}
