package io.github.resilientkafka.chaos;

import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;
import org.jspecify.annotations.Nullable;

/**
 * A broker, a database and the applications on trial, each in processes of its own, and the network between them.
 */
final class World implements AutoCloseable {

    /** The topics, and how many partitions they have. */
    static final Map<String, Integer> TOPICS = Map.of("orders", 6, "invoices", 3);

    static final String DEAD_LETTERS = ".dlq";

    /** What fits into a batch of any producer of ours, and no event that is {@link Payload.Kind#TOO_LARGE}. */
    static final int LARGEST_MESSAGE = 140_000;

    /** How often an event that Kafka refuses is tried again before it is given up. */
    static final int MAX_ATTEMPTS = 3;

    /** Few enough for an outage to leave several batches in each lane, so that a read brings more than one. */
    static final int RELAY_BATCH = 20;

    private static final String DATABASE_NAME = "instance-";

    private final Switches switches;

    private final @Nullable SmallDisk disk;

    private final LocalKafka kafka;

    private final LocalPostgres postgres;

    private final List<Instance> instances = new ArrayList<>();

    /**
     * Starts everything; nothing is published yet.
     * @param directory where the instances write their journals
     * @param rate events per second and instance
     * @param settings more arguments for the applications
     */
    World(Path directory, int instances, int rate, List<String> settings) {
        this.switches = new Switches(directory.resolve("all"));
        // When a record came to its partition is what duplicates are attributed by, and commits compared with.
        LocalKafka.Builder kafka = LocalKafka.builder()
                .property("log.message.timestamp.type", "LogAppendTime")
                .property("default.replication.factor", 2);
        List<Link> toKafka = new ArrayList<>();
        for (int i = 0; i < instances; i++) {
            int port = freePort();
            toKafka.add(new Link(port));
            kafka.entrance("INSTANCE" + i, port, "127.0.0.1:" + toKafka.get(i).port());
        }
        this.kafka = kafka.launch();
        AbsentBroker.register(this.kafka);
        this.disk = SmallDisk.isPossible() ? SmallDisk.mount() : null;
        LocalPostgres.Builder postgres = LocalPostgres.builder();
        if (this.disk != null) {
            // The log of changes fits twice.
            postgres.dataIn(this.disk.path()).setting("max_wal_size", "96MB").setting("min_wal_size", "32MB");
        }
        this.postgres = postgres.launch();
        TOPICS.forEach((topic, partitions) -> this.kafka.createTopic(
                topic, partitions, Map.of("max.message.bytes", String.valueOf(LARGEST_MESSAGE))));
        int databasePort =
                URI.create(this.postgres.jdbcUrl().substring("jdbc:".length())).getPort();
        for (int i = 0; i < instances; i++) {
            Link toDatabase = new Link(databasePort);
            this.instances.add(new Instance(
                    directory.resolve(nameOf(i)),
                    ChaosApplication.class,
                    arguments(nameOf(i), rate, toKafka.get(i), toDatabase, settings),
                    toKafka.get(i),
                    toDatabase));
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private List<String> arguments(String name, int rate, Link toKafka, Link toDatabase, List<String> settings) {
        List<String> arguments = List.of(
                "--chaos.rate=" + rate,
                "--chaos.too-large-every=1511",
                "--spring.application.name=chaos",
                "--spring.main.web-application-type=none",
                "--spring.kafka.bootstrap-servers=127.0.0.1:" + toKafka.port(),
                "--spring.kafka.consumer.auto-offset-reset=earliest",
                "--spring.kafka.consumer.heartbeat-interval=1s",
                "--spring.kafka.consumer.properties[session.timeout.ms]=6000",
                "--spring.datasource.url=jdbc:postgresql://127.0.0.1:" + toDatabase.port()
                        + "/postgres?ApplicationName=" + DATABASE_NAME + name,
                "--spring.datasource.username=" + this.postgres.username(),
                "--spring.datasource.password=" + this.postgres.password(),
                // Everything else is as applications have it by default, but quicker where a trial would only wait.
                "--resilient-kafka.retry.interval=1s",
                "--resilient-kafka.retry.lease=15s",
                "--resilient-kafka.retry.batch-size=" + RELAY_BATCH,
                "--resilient-kafka.retry.backoff=500ms,1s,2s",
                "--resilient-kafka.retry.max-attempts=" + MAX_ATTEMPTS,
                "--resilient-kafka.listener.pause=200ms",
                "--resilient-kafka.listener.max-pause=2s",
                "--resilient-kafka.listener.instances.orders.dependencies=payments");
        return replaced(arguments, settings);
    }

    /** Adds settings; of two with the same name, which would be one with two values, the later one stays. */
    static List<String> replaced(List<String> arguments, List<String> settings) {
        List<String> all = new ArrayList<>(arguments);
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            if (!setting.startsWith("--") || equals < 0) {
                throw new IllegalArgumentException("Not a setting, --name=value: " + setting);
            }
            all.removeIf(other -> other.startsWith(setting.substring(0, equals + 1)));
            all.add(setting);
        }
        return all;
    }

    /** What an instance and its directory are called. */
    static String nameOf(int instance) {
        return String.valueOf((char) ('a' + instance));
    }

    /** Whose connection to the database it is, by what the database calls it. */
    static String instanceBehind(String connection) {
        return connection.startsWith(DATABASE_NAME) ? connection.substring(DATABASE_NAME.length()) : connection;
    }

    /** Which faults are possible here; what is missing, and why, is printed. */
    static Set<Fault> possibleFaults() {
        Set<Fault> faults = EnumSet.allOf(Fault.class);
        if (!SmallDisk.isPossible()) {
            System.out.println("DISK_FULL is left out: this user cannot mount a file system of its own (root can)");
            faults.remove(Fault.DISK_FULL);
        }
        return faults;
    }

    LocalKafka kafka() {
        return this.kafka;
    }

    LocalPostgres postgres() {
        return this.postgres;
    }

    List<Instance> instances() {
        return this.instances;
    }

    /** What all instances look at; an instance has its own in addition. */
    Switches switches() {
        return this.switches;
    }

    SmallDisk disk() {
        return Objects.requireNonNull(this.disk, "there is no disk to fill");
    }

    /** Ends {@link SmallDisk#fill()}; a database that could not go on is started again. */
    void makeRoom() {
        disk().empty();
        this.postgres.start();
    }

    /** As a deployment does: an instance is stopped when its predecessor is up again. */
    void restartOneByOne() {
        this.instances.forEach(Instance::restart);
    }

    /** Makes the broker refuse what is acknowledged by too few replicas, as in a cluster that has lost some. */
    void demandReplicas(int count) {
        demandReplicas(count, TOPICS::containsKey);
    }

    /** The same for dead letters only; those are late then, while their records could be committed at any time. */
    void demandReplicasOfDeadLetters(int count) {
        demandReplicas(count, topic -> topic.endsWith(DEAD_LETTERS));
    }

    private void demandReplicas(int count, Predicate<String> topics) {
        try (Admin admin = Admin.create(this.kafka.adminConfig())) {
            AlterConfigOp set =
                    new AlterConfigOp(new ConfigEntry("min.insync.replicas", String.valueOf(count)), OpType.SET);
            Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
            admin.listTopics().names().get().stream()
                    .filter(topics)
                    .forEach(topic -> changes.put(new ConfigResource(Type.TOPIC, topic), List.of(set)));
            admin.incrementalAlterConfigs(changes).all().get();
        } catch (ExecutionException ex) {
            throw new IllegalStateException("Kafka refused a topic's configuration", ex.getCause());
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(ex);
        }
    }

    @Override
    public void close() {
        this.instances.forEach(Instance::close);
        this.postgres.close();
        this.kafka.close();
        if (this.disk != null) {
            this.disk.close();
        }
    }
}
