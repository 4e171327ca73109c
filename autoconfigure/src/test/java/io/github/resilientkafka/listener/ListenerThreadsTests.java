package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ListenerThreadsTests {

    private final ListenerThreads threads = new ListenerThreads();

    private final CountDownLatch hurdle = new CountDownLatch(1);

    @AfterEach
    void close() {
        this.hurdle.countDown();
        this.threads.close();
    }

    private void blockAt(CountDownLatch reached) {
        reached.countDown();
        try {
            this.hurdle.await();
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    @Test
    @DisplayName("P2: a record whose partition has no leader keeps no other listener from making dead letters")
    void independent() throws Exception {
        RawRecords leaderless = rawRecords("leaderless");
        CompletableFuture<Object> waits = leaderless.call(() -> {
            leaderless.of(new ConsumerRecord<>("orders", 0, 7, "key", "value"));
            return CompletableFuture.completedFuture(1);
        });
        ConsumerRecord<String, String> bytes = new ConsumerRecord<>("payments", 0, 7, null, null);
        RawRecords other = rawRecords("other");
        CompletableFuture<Object> goesOn = other.call(() -> CompletableFuture.completedFuture(other.of(bytes)));
        assertThat(goesOn.get(5, TimeUnit.SECONDS)).isSameAs(bytes);
        assertThat(waits).isNotDone();
        long begin = System.nanoTime();
        this.threads.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
        await("gives up when the application stops")
                .atMost(Duration.ofSeconds(3))
                .until(waits::isCompletedExceptionally);
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(waits::get)
                .withCauseInstanceOf(KafkaException.class)
                .withMessageContaining("stops");
    }

    private RawRecords rawRecords(String listener) {
        ListenerQueue queue = this.threads.queueFor(listener);
        RawRecordReader reader = new RawRecordReader(Map.of("bootstrap.servers", "127.0.0.1:1"), queue::hasEnded);
        return new RawRecords(reader, queue, this.threads);
    }

    @Test
    @DisplayName("what is done for one listener is done in order, one thing at a time, by threads that tell for whom")
    void inOrder() {
        ListenerQueue queue = this.threads.queueFor("orders");
        AtomicInteger atWork = new AtomicInteger();
        AtomicBoolean together = new AtomicBoolean();
        Queue<Integer> done = new ConcurrentLinkedQueue<>();
        Queue<String> names = new ConcurrentLinkedQueue<>();
        int tasks = 2_000;
        for (int task = 0; task < tasks; task++) {
            int number = task;
            queue.execute(() -> {
                together.compareAndSet(false, atWork.incrementAndGet() > 1);
                done.add(number);
                names.add(Thread.currentThread().getName());
                atWork.decrementAndGet();
            });
        }
        await("all").until(() -> done.size() == tasks);
        assertThat(done)
                .containsExactlyElementsOf(IntStream.range(0, tasks).boxed().toList());
        assertThat(together).isFalse();
        assertThat(names).containsOnly("resilient-kafka-listener-work of orders");
        AtomicReference<String> next = new AtomicReference<>();
        this.threads
                .queueFor("payments")
                .execute(() -> next.set(Thread.currentThread().getName()));
        await("another listener's").until(() -> "resilient-kafka-listener-work of payments".equals(next.get()));
    }

    @Test
    @DisplayName("what fails, be it with an Error, is told to who waits for it, and keeps nothing behind it")
    void failures() throws Exception {
        ListenerQueue queue = this.threads.queueFor("orders");
        queue.execute(() -> {
            throw new LinkageError("not to be waited for");
        });
        CompletableFuture<Object> thrown = queue.call(() -> {
            throw new NoClassDefFoundError("no such class");
        });
        CompletableFuture<Object> failed =
                queue.call(() -> CompletableFuture.failedFuture(new IllegalStateException("refused")));
        CompletableFuture<Object> well = queue.call(() -> CompletableFuture.completedFuture("well"));
        assertThat(well.get(5, TimeUnit.SECONDS)).isEqualTo("well");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(thrown::get)
                .withCauseInstanceOf(NoClassDefFoundError.class);
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(failed::get)
                .withCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    @DisplayName("the end drops what waits, does not wait for what is stuck, and what is open is closed after that")
    void end() throws Exception {
        ListenerQueue stuck = this.threads.queueFor("stuck");
        ListenerQueue idle = this.threads.queueFor("idle");
        Queue<String> told = new ConcurrentLinkedQueue<>();
        stuck.atEnd(() -> told.add("stuck closed"));
        idle.atEnd(() -> told.add("idle closed"));
        CountDownLatch atWork = new CountDownLatch(1);
        stuck.execute(() -> {
            blockAt(atWork);
            told.add("stuck done");
        });
        stuck.execute(() -> told.add("never"));
        atWork.await();
        long begin = System.nanoTime();
        this.threads.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
        assertThat(told).containsExactly("idle closed");
        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> stuck.execute(() -> {}));
        assertThat(idle.call(() -> CompletableFuture.completedFuture("late"))).isCompletedExceptionally();
        this.hurdle.countDown();
        await("closed").until(() -> told.size() == 3);
        assertThat(List.copyOf(told)).containsExactly("idle closed", "stuck done", "stuck closed");
        this.threads.close();
        assertThat(told).as("a second time").hasSize(3);
    }
}
