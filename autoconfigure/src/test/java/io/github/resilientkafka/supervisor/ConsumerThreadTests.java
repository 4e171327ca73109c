package io.github.resilientkafka.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.supervisor.ConsumerThread.Activity;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;

/**
 * What is seen of a consumer thread's stack.
 */
class ConsumerThreadTests {

    private static final String LOOP =
            "org.springframework.kafka.listener.KafkaMessageListenerContainer$ListenerConsumer";

    private static Activity activity(String... frames) {
        return ConsumerThread.activity(Stream.of(frames)
                .map(frame -> frame.split("#"))
                .map(parts -> new StackTraceElement(parts[0], parts[1], null, 0))
                .toArray(StackTraceElement[]::new));
    }

    @Test
    @DisplayName("g: a slow handler is at work, whatever it waits for, the client included")
    void handler() {
        assertThat(activity(
                        "java.lang.Thread#sleep", "com.acme.Orders#handle", LOOP + "#doInvokeOnMessage", LOOP + "#run"))
                .isEqualTo(Activity.WORKING);
        assertThat(activity(
                        "java.lang.Object#wait",
                        "org.apache.kafka.clients.producer.KafkaProducer#send",
                        "com.acme.Orders#handle",
                        LOOP + "#invokeListener",
                        LOOP + "#run"))
                .isEqualTo(Activity.WORKING);
    }

    @Test
    @DisplayName("g: a deserialiser, a rebalance listener or an interceptor of the application's is at work, too")
    void applicationInPoll() {
        assertThat(activity(
                        "java.net.Socket#read",
                        "com.acme.RegistryDeserializer#deserialize",
                        "org.apache.kafka.clients.consumer.KafkaConsumer#poll",
                        LOOP + "#pollConsumer",
                        LOOP + "#run"))
                .isEqualTo(Activity.WORKING);
    }

    @Test
    @DisplayName("g: in the client, with nothing of the application's")
    void client() {
        assertThat(activity(
                        "sun.nio.ch.EPoll#wait",
                        "org.apache.kafka.common.network.Selector#poll",
                        "org.apache.kafka.clients.consumer.KafkaConsumer#poll",
                        LOOP + "#pollConsumer",
                        LOOP + "#run"))
                .isEqualTo(Activity.IN_CLIENT);
    }

    @Test
    @DisplayName("g: a pooled thread that has left the loop has ended, though it lives")
    void pooled() throws Exception {
        assertThat(activity("java.util.concurrent.locks.LockSupport#park", "java.lang.Thread#run"))
                .isEqualTo(Activity.ENDED);
        CountDownLatch end = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            try {
                end.await();
            } catch (InterruptedException ex) {
                throw new IllegalStateException(ex);
            }
        });
        thread.start();
        try {
            awaitWaiting(thread);
            ConsumerThread consumer = new ConsumerThread(thread, null);
            assertThat(consumer.ended()).isFalse();
            assertThat(consumer.activity()).isEqualTo(Activity.ENDED);
            assertThat(consumer.ended()).isTrue();
        } finally {
            end.countDown();
            thread.join();
        }
    }

    @Test
    @DisplayName("g: a stack that is deeper than the JVM shows is not that of a thread that has left the loop")
    void deepStack() {
        assertThat(activity("com.acme.Parser#parse", "com.acme.Parser#parse", "com.acme.Parser#parse"))
                .isEqualTo(Activity.WORKING);
        assertThat(activity()).isEqualTo(Activity.WORKING);
        assertThat(activity("jdk.internal.misc.Unsafe#park", "java.lang.VirtualThread#run"))
                .isEqualTo(Activity.ENDED);
        assertThat(activity(
                        "com.acme.Later#run",
                        "java.lang.Thread#run",
                        "com.oracle.svm.core.thread.PlatformThreads#threadStartRoutine"))
                .isEqualTo(Activity.ENDED);
    }

    @Test
    @DisplayName("g: a thread whose class has a run() of its own and that has left the loop has ended, too")
    void ownRun() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        Thread thread = new Thread() {

            @Override
            public void run() {
                ListenerOnMocks.work(end);
            }
        };
        thread.start();
        try {
            awaitWaiting(thread);
            assertThat(new ConsumerThread(thread, null).activity()).isEqualTo(Activity.ENDED);
        } finally {
            end.countDown();
            thread.join();
        }
    }

    @Test
    @DisplayName("g: a dead thread has ended; one that is not known is believed until it says so")
    void deadOrUnknown() throws Exception {
        Thread dead = new Thread(() -> {});
        dead.start();
        dead.join();
        assertThat(new ConsumerThread(dead, null).ended()).isTrue();
        ConsumerThread unknown = new ConsumerThread(null, null);
        assertThat(unknown.activity()).isEqualTo(Activity.WORKING);
        unknown.stopped(Reason.NORMAL);
        assertThat(unknown.activity()).isEqualTo(Activity.ENDED);
    }

    private static void awaitWaiting(Thread thread) {
        await().until(() ->
                thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING);
    }
}
