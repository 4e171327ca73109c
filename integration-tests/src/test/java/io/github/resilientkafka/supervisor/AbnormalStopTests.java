package io.github.resilientkafka.supervisor;

import static io.github.resilientkafka.supervisor.FragileListeners.BUSY;
import static io.github.resilientkafka.supervisor.FragileListeners.HANGING;
import static io.github.resilientkafka.supervisor.FragileListeners.PAIR;
import static io.github.resilientkafka.supervisor.FragileListeners.STARVED;
import static io.github.resilientkafka.supervisor.FragileListeners.STATIC_MEMBER;
import static io.github.resilientkafka.supervisor.FragileListeners.TRANSACTIONAL;
import static io.github.resilientkafka.supervisor.FragileListeners.WITHOUT_OFFSET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.listener.ListenerContainers;
import io.github.resilientkafka.listener.ResilientListener;
import io.github.resilientkafka.supervisor.ConsumerThread.Activity;
import java.lang.reflect.Field;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.util.ReflectionUtils;

/**
 * The ways in which a consumer stops by itself, each for real.
 */
@Tag("unhurried")
class AbnormalStopTests {

    private static final Duration SOON = Duration.ofSeconds(20);

    private static SupervisorWorld world;

    private static TestApplication application;

    private static ListenerSupervisor supervisor;

    private static Scripted handler;

    private static Traps traps;

    private static News news;

    @BeforeAll
    static void start() {
        world = new SupervisorWorld(3);
        world.kafka.createTopic(world.topic + ".tx", 3);
        world.kafka.createTopic(world.topic + ".busy", 2);
        application = world.application(FragileListeners.class)
                .with("resilient-kafka.listener.supervisor.fenced-backoff", "2s")
                .start();
        supervisor = application.context().getBean(ListenerSupervisor.class);
        handler = application.context().getBean(Scripted.class);
        traps = application.context().getBean(Traps.class);
        news = application.context().getBean(News.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @AfterEach
    void reset() {
        handler.script(value -> {});
    }

    private static ListenerStatus status(String id) {
        return supervisor.status(id).orElseThrow();
    }

    private static MessageListenerContainer container(String id) {
        return application
                .context()
                .getBean(KafkaListenerEndpointRegistry.class)
                .getListenerContainer(id);
    }

    private static void awaitHandled(String... values) {
        await().atMost(SOON).until(() -> handler.handled().containsAll(List.of(values)));
    }

    @Test
    @DisplayName("g: without an offset to begin at, tried again until there is one")
    void noOffset() throws Exception {
        container(WITHOUT_OFFSET).start();
        await().atMost(SOON).until(() -> status(WITHOUT_OFFSET).restarts() >= 2);
        assertThat(status(WITHOUT_OFFSET).lastError()).contains("auto.offset.reset");
        assertThat(status(WITHOUT_OFFSET).ready()).isFalse();

        TopicPartition partition = new TopicPartition(world.other, 0);
        try (Admin admin = Admin.create(new HashMap<>(world.kafka.clientConfig()))) {
            await().atMost(SOON).ignoreExceptions().until(() -> {
                admin.alterConsumerGroupOffsets(world.topic + ".none", Map.of(partition, new OffsetAndMetadata(0)))
                        .all()
                        .get(5, TimeUnit.SECONDS);
                return true;
            });
        }

        assertThat(supervisor.awaitReady(WITHOUT_OFFSET, SOON)).isTrue();
        container(WITHOUT_OFFSET).stop();
    }

    @Test
    @DisplayName("g: a consumer that hangs in Kafka's client is left behind and replaced, and nothing is missed")
    void hangingClient() throws Exception {
        container(HANGING).start();
        assertThat(supervisor.awaitReady(HANGING, SOON)).isTrue();
        CountDownLatch end = new CountDownLatch(1);
        Thread holder = new Thread(() -> holdLockOf(consumerOf(HANGING), end));
        holder.start();
        try {
            await().atMost(SOON.multipliedBy(2))
                    .until(() -> String.valueOf(status(HANGING).lastError()).contains("hangs in Kafka's client"));
            assertThat(supervisor.awaitReady(HANGING, SOON)).isTrue();
            world.send(world.other, 0, "after the hang");
            awaitHandled("after the hang");
        } finally {
            end.countDown();
        }
        holder.join();
        container(HANGING).stop();
    }

    private static Consumer<?, ?> consumerOf(String id) {
        ResilientListener listener =
                application.context().getBean(ListenerContainers.class).find(id).orElseThrow();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(id))
                .map(listener::consumerOf)
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow();
    }

    /**
     * Its thread takes this lock again and again: a deadlock in the client would look the same.
     */
    private static void holdLockOf(Consumer<?, ?> consumer, CountDownLatch end) {
        Object metadata = field(field(consumer, "delegate"), "metadata");
        synchronized (metadata) {
            try {
                end.await();
            } catch (InterruptedException ex) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Object field(Object target, String name) {
        Field field = Objects.requireNonNull(ReflectionUtils.findField(target.getClass(), name));
        ReflectionUtils.makeAccessible(field);
        return Objects.requireNonNull(ReflectionUtils.getField(field, target));
    }

    @Test
    @DisplayName("g: another consumer has its group.instance.id: not ready, and no fight with it")
    void fencedMember() {
        container(STATIC_MEMBER).start();
        assertThat(supervisor.awaitReady(STATIC_MEMBER, SOON)).isTrue();
        Map<String, Object> settings = new HashMap<>(world.kafka.clientConfig());
        settings.put("group.id", world.topic + ".static");
        settings.put("group.instance.id", "one-0"); // as the first consumer of a container is called
        try (KafkaConsumer<String, String> rival =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            rival.subscribe(List.of(world.other));
            await().atMost(SOON).until(() -> {
                rival.poll(Duration.ofMillis(50));
                return status(STATIC_MEMBER).state() == ListenerState.RESTARTING;
            });
            ListenerStatus fenced = status(STATIC_MEMBER);
            assertThat(fenced.lastError()).contains("group.instance.id");
            assertThat(fenced.ready()).isFalse();
            assertThat(fenced.nextRestartAt()).isAfter(Instant.now().plusMillis(500));
        }
        assertThat(supervisor.awaitReady(STATIC_MEMBER, SOON)).isTrue();
        assertThat(status(STATIC_MEMBER).restarts()).isEqualTo(1);
        container(STATIC_MEMBER).stop();
    }

    @Test
    @DisplayName("g: a thread that died as it began says nothing, and is found")
    void diedAtStart() {
        assertThat(supervisor.awaitReady(PAIR, SOON)).isTrue();
        container(PAIR).stop();
        long restarts = status(PAIR).restarts();
        traps.atStart(PAIR);
        container(PAIR).start();

        await().atMost(SOON).until(() -> status(PAIR).restarts() == restarts + 1);

        assertThat(supervisor.awaitReady(PAIR, SOON)).isTrue();
        assertThat(status(PAIR).consumers()).isEqualTo(2);
        assertThat(status(PAIR).lastError()).contains("thread has ended");
        world.send(world.topic, 0, "after-0");
        world.send(world.topic, 1, "after-1");
        world.send(world.topic, 2, "after-2");
        awaitHandled("after-0", "after-1", "after-2");
    }

    @Test
    @DisplayName("g: a thread that died in its loop is replaced and its partitions go on; its sibling is not restarted")
    void diedInLoop() {
        assertThat(supervisor.awaitReady(PAIR, SOON)).isTrue();
        long restarts = status(PAIR).restarts();
        traps.afterRecord("deadly");
        Instant before = Instant.now();
        world.send(world.topic, 0, "deadly");

        await().atMost(SOON).until(() -> status(PAIR).restarts() == restarts + 1);
        world.send(world.topic, 0, "next-0");
        world.send(world.topic, 1, "next-1");
        world.send(world.topic, 2, "next-2");

        awaitHandled("next-0", "next-1", "next-2");
        assertThat(Duration.between(before, Instant.now())).isLessThan(SOON);
        assertThat(supervisor.awaitReady(PAIR, SOON)).isTrue();
        assertThat(container(PAIR).isRunning()).isTrue();
    }

    @Test
    @DisplayName("g: a container that waits for ever for a child, whose end was not heard, is restarted all the same")
    void diedAtStop() {
        assertThat(supervisor.awaitReady(PAIR, SOON)).isTrue();
        long restarts = status(PAIR).restarts();
        handler.script(value -> {
            if (value.equals("last-words")
                    && handler.given().stream().filter("last-words"::equals).count() == 1) {
                throw new InternalError("broken");
            }
        });
        traps.atStop(PAIR);
        world.send(world.topic, 0, "last-words");

        awaitHandled("last-words");

        assertThat(status(PAIR).restarts()).isEqualTo(restarts + 1);
        container(PAIR).stop();
        assertThat(container(PAIR).isChildRunning()).isFalse();
        container(PAIR).start();
    }

    @Test
    @DisplayName("g: of three consumers the one whose producer is fenced is started again, the others go on")
    void fencedProducer() {
        container(TRANSACTIONAL).start();
        assertThat(supervisor.awaitReady(TRANSACTIONAL, SOON)).isTrue();
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch fenced = new CountDownLatch(1);
        handler.script(value -> {
            if (value.equals("fenced")) {
                inHandler.countDown();
                try {
                    fenced.await(10, TimeUnit.SECONDS);
                } catch (InterruptedException ex) {
                    throw new IllegalStateException(ex);
                }
            }
        });
        world.send(world.topic + ".tx", 0, "fenced"); // the first transaction, by the first producer
        await().atMost(SOON).until(() -> inHandler.getCount() == 0);
        Map<String, Object> settings = new HashMap<>(world.kafka.clientConfig());
        settings.put("transactional.id", world.topic + "-0");
        try (KafkaProducer<String, String> rival =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            rival.initTransactions();
        }
        long givenBefore = handler.given().stream().filter("fenced"::equals).count();
        fenced.countDown();

        await().atMost(SOON).until(() -> status(TRANSACTIONAL).restarts() == 1);
        await().atMost(SOON)
                .until(() -> handler.given().stream().filter("fenced"::equals).count() > givenBefore);

        assertThat(news.crashesOf(TRANSACTIONAL)).singleElement().satisfies(crash -> assertThat(crash.reason())
                .contains("transactional.id"));
        assertThat(supervisor.awaitReady(TRANSACTIONAL, SOON)).isTrue();
        assertThat(status(TRANSACTIONAL).consumers()).isEqualTo(3);
        container(TRANSACTIONAL).stop();
    }

    @Test
    @DisplayName("g: started again beside a handler that is at work, whose partition nobody else handles meanwhile")
    void crashBesideWork() {
        String topic = world.topic + ".busy";
        container(BUSY).start();
        await("each has a partition")
                .atMost(SOON)
                .until(() -> Containers.parts((AbstractMessageListenerContainer<?, ?>) container(BUSY)).stream()
                        .allMatch(part -> part.getAssignedPartitions() != null
                                && part.getAssignedPartitions().size() == 1));
        CountDownLatch atWork = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        handler.script(value -> {
            if (value.equals("long")) {
                atWork.countDown();
                try {
                    done.await(1, TimeUnit.MINUTES);
                } catch (InterruptedException ex) {
                    throw new IllegalStateException(ex);
                }
            } else if (value.equals("deadly") && timesGiven("deadly") == 1) {
                throw new InternalError("broken");
            }
        });
        world.send(topic, 0, "long", "behind it");
        await().atMost(SOON).until(() -> atWork.getCount() == 0);
        world.send(topic, 1, "deadly");

        await().atMost(SOON).until(() -> status(BUSY).restarts() == 1);
        await().during(Duration.ofSeconds(3))
                .atMost(SOON)
                .until(() -> timesGiven("long") == 1 && timesGiven("behind it") == 0);

        done.countDown();
        awaitHandled("long", "behind it", "deadly");
        assertThat(supervisor.awaitReady(BUSY, SOON)).isTrue();
        assertThat(timesGiven("long")).isEqualTo(1);
        assertThat(timesGiven("behind it")).isEqualTo(1);
        assertThat(status(BUSY).restarts()).isEqualTo(1);
        container(BUSY).stop();
    }

    private static long timesGiven(String value) {
        return handler.given().stream().filter(value::equals).count();
    }

    @Test
    @DisplayName("g: an executor without a thread for the consumer: seen, and begun as soon as there is one, once only")
    void starved() {
        CountDownLatch release = new CountDownLatch(1);
        ThreadPoolTaskExecutor executor = application.context().getBean(ThreadPoolTaskExecutor.class);
        executor.execute(() -> {
            try {
                release.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException ex) {
                Thread.currentThread().interrupt();
            }
        });
        container(STARVED).start();
        await().atMost(SOON)
                .until(() -> String.valueOf(status(STARVED).lastError()).contains("no thread"));
        assertThat(status(STARVED).ready()).isFalse();
        await().during(Duration.ofSeconds(2)).atMost(SOON).until(() -> executor.getQueueSize() == 1);

        release.countDown();

        assertThat(supervisor.awaitReady(STARVED, SOON)).isTrue();
        container(STARVED).stop();
    }

    @Test
    @DisplayName("g: a thread in a handler is seen as such, and one that polls, in this version of spring-kafka")
    void stacks() {
        assertThat(supervisor.awaitReady(PAIR, SOON)).isTrue();
        AtomicReference<Activity> inHandler = new AtomicReference<>();
        handler.script(value -> {
            if (value.equals("look")) {
                inHandler.set(ConsumerThread.activity(Thread.currentThread().getStackTrace()));
            }
        });
        world.send(world.topic, 0, "look");
        awaitHandled("look");
        assertThat(inHandler).hasValue(Activity.WORKING);

        await("both poll")
                .atMost(SOON)
                .until(() -> Thread.getAllStackTraces().entrySet().stream()
                                .filter(thread -> thread.getKey().getName().startsWith(PAIR + "-"))
                                .filter(thread -> ConsumerThread.activity(thread.getValue()) == Activity.IN_CLIENT)
                                .count()
                        == 2);
        assertThat(Containers.parts((AbstractMessageListenerContainer<?, ?>) container(PAIR)))
                .hasSize(2)
                .allSatisfy(part -> assertThat(Containers.lastPoll(part)).isLessThan(Duration.ofSeconds(10)));
    }
}
