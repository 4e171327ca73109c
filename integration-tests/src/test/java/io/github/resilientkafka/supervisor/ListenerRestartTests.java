package io.github.resilientkafka.supervisor;

import static io.github.resilientkafka.supervisor.SupervisedListeners.BYSTANDER;
import static io.github.resilientkafka.supervisor.SupervisedListeners.MANUAL;
import static io.github.resilientkafka.supervisor.SupervisedListeners.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.lifecycle.ListenerCrashed;
import io.github.resilientkafka.lifecycle.ListenerGaveUp;
import io.github.resilientkafka.lifecycle.ListenerRestarted;
import io.github.resilientkafka.listener.PartitionState;
import java.time.Duration;
import java.util.List;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.actuate.health.HealthComponent;
import org.springframework.boot.actuate.health.HealthEndpoint;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.LivenessState;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Listeners that stop by themselves, and listeners that are stopped.
 */
@Tag("unhurried")
class ListenerRestartTests {

    private static final Duration SOON = Duration.ofSeconds(20);

    private static SupervisorWorld world;

    private static TestApplication application;

    private static ListenerSupervisor supervisor;

    private static Scripted orders;

    private static Scripted bystander;

    private static News news;

    @BeforeAll
    static void start() {
        world = new SupervisorWorld(1);
        application = world.application(SupervisedListeners.class).start();
        supervisor = application.context().getBean(ListenerSupervisor.class);
        orders = application.context().getBean("orders", Scripted.class);
        bystander = application.context().getBean("bystander", Scripted.class);
        news = application.context().getBean(News.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @BeforeEach
    void ready() {
        orders.script(value -> {});
        assertThat(supervisor.awaitReady(ORDERS, SOON)).isTrue();
        assertThat(supervisor.awaitReady(BYSTANDER, SOON)).isTrue();
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

    /**
     * Ends the listener with an error, as often as the record is given to it, before it works.
     */
    private static void die(String record, int times, Error error) {
        orders.script(value -> {
            if (value.equals(record)
                    && orders.given().stream().filter(record::equals).count() <= times) {
                throw error;
            }
        });
        world.send(world.topic, 0, record);
    }

    @Test
    @DisplayName("P3 g: an error that ends the container restarts it, again and again; no record is lost, others go on")
    void error() {
        supervisor.restart(ORDERS);
        assertThat(supervisor.awaitReady(ORDERS, SOON)).isTrue();
        long restarts = status(ORDERS).restarts();
        long siblings = status(BYSTANDER).restarts();
        int crashesBefore = news.crashesOf(ORDERS).size();
        die("error", 3, new ServiceConfigurationError("broken"));

        await().atMost(SOON).until(() -> orders.handled().contains("error"));

        assertThat(status(ORDERS).restarts()).isEqualTo(restarts + 3);
        assertThat(status(ORDERS).lastError()).contains("ServiceConfigurationError", "broken");
        await().atMost(SOON).until(() -> status(ORDERS).state() == ListenerState.RUNNING);
        await().atMost(SOON).untilAsserted(() -> assertThat(news.typesFor(ORDERS))
                .containsSubsequence("ListenerStarted", "ListenerCrashed", "ListenerRestarted", "ListenerStarted"));
        world.send(world.other, 0, "beside");
        await().atMost(SOON).until(() -> bystander.handled().contains("beside"));
        assertThat(status(BYSTANDER).restarts()).isEqualTo(siblings);
        assertDelays(crashesBefore);
    }

    /**
     * Each delay is within its bound, which doubles, and is kept.
     */
    private static void assertDelays(int crashesBefore) {
        List<ListenerCrashed> crashes = news.crashesOf(ORDERS);
        List<ListenerRestarted> restarts = news.of(ListenerRestarted.class).stream()
                .filter(restart -> restart.listener().equals(ORDERS))
                .toList();
        assertThat(crashes).hasSize(crashesBefore + 3);
        int restartsBefore = restarts.size() - 3;
        for (int index = 0; index < 3; index++) {
            ListenerCrashed crash = crashes.get(crashesBefore + index);
            assertThat(crash.restartAt())
                    .isBetween(crash.at(), crash.at().plusMillis(100L << index))
                    .isBeforeOrEqualTo(restarts.get(restartsBefore + index).at());
        }
    }

    @Test
    @DisplayName("P1 P4 f: healthy and ready only while in the group; a stop commits, a start reads nothing again")
    void stopAndStart() {
        world.send(world.topic, 0, "a", "b", "c");
        await().atMost(SOON).until(() -> orders.handled().containsAll(List.of("a", "b", "c")));

        container(ORDERS).stop();

        assertThat(status(ORDERS).state()).isEqualTo(ListenerState.STOPPED);
        assertThat(status(ORDERS).healthy()).isFalse();
        assertThat(status(ORDERS).ready()).isFalse();
        assertThat(status(ORDERS).partitions()).isEmpty();
        await().atMost(SOON).until(() -> news.typesFor(ORDERS).contains("ListenerStopped"));
        int given = orders.given().size();
        long restarts = status(ORDERS).restarts();
        await("stays stopped")
                .during(Duration.ofSeconds(2))
                .atMost(SOON)
                .until(() -> status(ORDERS).state() == ListenerState.STOPPED);

        container(ORDERS).start();
        assertThat(status(ORDERS).ready()).isFalse();
        assertThat(supervisor.awaitReady(ORDERS, SOON)).isTrue();

        world.send(world.topic, 0, "d");
        await().atMost(SOON).until(() -> orders.handled().contains("d"));
        assertThat(orders.given()).hasSize(given + 1);
        assertThat(status(ORDERS).restarts()).isEqualTo(restarts);
        assertThat(status(ORDERS).partitions()).singleElement().satisfies(partition -> assertThat(partition.state())
                .isEqualTo(PartitionState.RUNNING));
    }

    @Test
    @DisplayName("P3: a listener that does not start with the application is left alone")
    void notStarted() {
        assertThat(status(MANUAL).state()).isEqualTo(ListenerState.NOT_STARTED);
        assertThat(status(MANUAL).ready()).isFalse();
        assertThat(container(MANUAL).isRunning()).isFalse();
    }

    @Test
    @DisplayName("g: a suspended listener stays stopped, also one that waits for its restart")
    void suspended() {
        // Several times: the first wait may be too short to be seen.
        die("suspended", 3, new ServiceConfigurationError("broken"));
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> status(ORDERS).state() == ListenerState.RESTARTING);

        supervisor.suspend(ORDERS);

        await("stays suspended")
                .during(Duration.ofSeconds(2))
                .atMost(SOON)
                .until(() -> status(ORDERS).state() == ListenerState.SUSPENDED
                        && !container(ORDERS).isRunning());
        supervisor.resume(ORDERS);
        await().atMost(SOON).until(() -> orders.handled().contains("suspended"));
    }

    @Test
    @DisplayName("N2: a suspended listener that somebody else starts is not suspended any more")
    void startedByTheApplication() {
        supervisor.suspend(ORDERS);
        assertThat(status(ORDERS).state()).isEqualTo(ListenerState.SUSPENDED);
        container(ORDERS).start();
        assertThat(supervisor.awaitReady(ORDERS, SOON)).isTrue();
        assertThat(status(ORDERS).state()).isEqualTo(ListenerState.RUNNING);
    }

    @ParameterizedTest
    @ValueSource(classes = {NoClassDefFoundError.class, AssertionError.class, StackOverflowError.class})
    @DisplayName("h: an error that leaves the JVM well pauses the partition; the container lives")
    void guardedError(Class<? extends Error> type) throws Exception {
        long restarts = status(ORDERS).restarts();
        String record = type.getSimpleName();
        die(record, 1, type.getConstructor().newInstance());

        await().atMost(SOON).until(() -> orders.handled().contains(record));

        assertThat(orders.given()).filteredOn(record::equals).hasSize(2);
        assertThat(status(ORDERS).restarts()).isEqualTo(restarts);
        assertThat(status(ORDERS).healthy()).isTrue();
    }

    @Test
    @DisplayName(
            "P3 g: errors of the JVM end the listener for good after three restarts, and break liveness, until it is restarted")
    void outOfMemory() {
        supervisor.restart(ORDERS);
        long restarts = status(ORDERS).restarts();
        die("oom", Integer.MAX_VALUE, new OutOfMemoryError("test"));

        await().atMost(SOON).until(() -> status(ORDERS).state() == ListenerState.GAVE_UP);

        assertThat(status(ORDERS).restarts()).isEqualTo(restarts + 3);
        assertThat(status(ORDERS).lastError()).contains("OutOfMemoryError");
        assertThat(liveness()).isEqualTo(LivenessState.BROKEN);
        assertThat(component().getStatus().getCode()).isEqualTo("DOWN");
        assertThat(status(BYSTANDER).ready()).isTrue();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(news.of(ListenerGaveUp.class)).hasSize(1));

        orders.script(value -> {});
        supervisor.restart(ORDERS);

        assertThat(supervisor.awaitReady(ORDERS, SOON)).isTrue();
        assertThat(liveness()).isEqualTo(LivenessState.CORRECT);
        assertThat(component().getStatus().getCode()).isEqualTo("UP");
        await().atMost(SOON).until(() -> orders.handled().contains("oom"));
    }

    private static LivenessState liveness() {
        return application.context().getBean(ApplicationAvailability.class).getLivenessState();
    }

    private static HealthComponent component() {
        return application.context().getBean(HealthEndpoint.class).healthForPath("kafkaListeners");
    }
}
