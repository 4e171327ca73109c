package io.github.resilientkafka.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka cluster (KRaft, no ZooKeeper) for tests, each broker in a process of its own that can be stopped, killed,
 * frozen and started again, alone ({@link #broker}) or all together.
 *
 * <pre>{@code
 * try (LocalKafka kafka = LocalKafka.launch()) {
 *     kafka.createTopic("orders", 3);
 *     kafka.freeze();
 *     // the application's broker stalls
 *     kafka.thaw();
 * }
 * }</pre>
 *
 * <p>A single broker is its own controller. Several brokers have a separate small controller process, so any of them
 * may be taken away while the others serve; topics have one replica on each broker, up to three, and internal topics
 * likewise. Everything else is as Kafka has it by default (topics are created when first used, for one), but for what
 * makes a server small and quick; {@link Builder#property} changes any of it.
 *
 * <p>Needs {@code org.apache.kafka:kafka_2.13} on the class path, in the version of {@code kafka-clients}, and Linux.
 * Thread-safe; ends with this JVM at the latest, see {@link LocalServer}.
 */
public final class LocalKafka implements LocalServer, AutoCloseable {

    private static @Nullable LocalKafka shared;

    private final KafkaAccess access;
    private final KafkaServers servers;
    private final boolean closeable;

    private LocalKafka(KafkaSettings settings, boolean closeable) {
        this.access = new KafkaAccess(settings.users());
        this.servers = KafkaServers.prepare(settings, access);
        this.closeable = closeable;
    }

    /**
     * Launches one broker with default settings.
     *
     * @throws IllegalStateException if it does not start, or the Kafka server's jars are missing; the message says why
     */
    public static LocalKafka launch() {
        return builder().launch();
    }

    /** Begins the description of a cluster; without further ado it is one broker. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The one broker that all tests of this JVM share, launched when first asked for and ended with the JVM;
     * {@link #close()} leaves it alone. It is running when this method returns, whatever the last test did to it.
     */
    public static synchronized LocalKafka shared() {
        if (shared == null) {
            shared = builder().launch(false);
        } else {
            shared.start();
        }
        return shared;
    }

    /** The addresses of all brokers, for {@code bootstrap.servers}; the same as long as the cluster exists. */
    public String bootstrapServers() {
        return String.join(",", servers.addresses());
    }

    /**
     * One broker of the cluster.
     *
     * @param id its node id: 0 is the first
     * @throws IndexOutOfBoundsException if there is no such broker
     */
    public LocalServer broker(int id) {
        return servers.broker(id);
    }

    /** Client properties of an administrator, who may do everything. */
    public Map<String, Object> adminConfig() {
        return clientConfig(KafkaAccess.ADMIN);
    }

    /** Client properties without a login: all that is needed unless the cluster has users. */
    public Map<String, Object> clientConfig() {
        Map<String, Object> config = new HashMap<>();
        config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers());
        return config;
    }

    /**
     * Client properties with the login of a user; without one if the cluster has no users at all.
     *
     * @throws IllegalArgumentException if the cluster has no such user
     */
    public Map<String, Object> clientConfig(String user) {
        Map<String, Object> config = clientConfig();
        config.putAll(access.clientProperties(user));
        return config;
    }

    /**
     * Creates a topic with the cluster's replication factor, and returns when each partition can be written to.
     *
     * @throws KafkaException what the cluster answered, such as a
     *     {@link org.apache.kafka.common.errors.TopicExistsException}
     */
    public void createTopic(String name, int partitions) {
        createTopic(name, partitions, Map.of());
    }

    /**
     * Creates a topic with settings of its own, such as {@code max.message.bytes}.
     *
     * @throws KafkaException what the cluster answered
     */
    public void createTopic(String name, int partitions, Map<String, String> settings) {
        NewTopic topic = new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(settings);
        try (Admin admin = Admin.create(adminConfig())) {
            admin.createTopics(List.of(topic)).all().get();
            Await.until(ManagedServer.START_TIMEOUT, () -> KafkaReadiness.isServed(admin, name));
        } catch (ExecutionException ex) {
            throw ex.getCause() instanceof KafkaException failure ? failure : new KafkaException(ex.getCause());
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while creating topic " + name, ex);
        }
    }

    @Override
    public void start() {
        servers.start();
    }

    @Override
    public void stop() {
        servers.stop();
    }

    @Override
    public void kill() {
        servers.kill();
    }

    /** Freezes the brokers that are running, and the controller. */
    @Override
    public void freeze() {
        servers.freeze();
    }

    @Override
    public void thaw() {
        servers.thaw();
    }

    /** {@link State#RUNNING} as long as one broker is; else {@link State#FROZEN} if one is. */
    @Override
    public State state() {
        return servers.state();
    }

    /** Ends all processes and deletes the data, unless it is in a {@link Builder#dataDirectory}. */
    @Override
    public void close() {
        if (closeable) {
            servers.close();
        }
    }

    /** Describes a cluster. Not thread-safe. */
    public static final class Builder {

        private final Map<String, String> properties = new LinkedHashMap<>();
        private final Map<String, String> users = new LinkedHashMap<>();
        private final List<KafkaSettings.Entrance> entrances = new ArrayList<>();
        private int brokers = 1;
        private @Nullable Path dataDirectory;
        private String heap = "256m";
        private List<String> jvmOptions = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");

        private Builder() {}

        /** The number of brokers; 1 unless set. */
        public Builder brokers(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("A cluster needs a broker, not " + count);
            }
            this.brokers = count;
            return this;
        }

        /** Sets a property of the servers, such as {@code message.max.bytes}; it wins over ours. */
        public Builder property(String name, Object value) {
            properties.put(name, value.toString());
            return this;
        }

        /**
         * Adds a user, and so turns on login (SASL/PLAIN) and access control: a user may do what an access control list
         * allows, and nothing else. Lists are made with a client that has {@link LocalKafka#adminConfig()}.
         *
         * @throws IllegalArgumentException if the name is {@code admin} or {@code broker}: those exist anyway
         */
        public Builder user(String name, String password) {
            if (KafkaAccess.RESERVED.contains(name)) {
                throw new IllegalArgumentException("The user " + name + " exists anyway");
            }
            users.put(name, password);
            return this;
        }

        /**
         * Adds a listener for clients that reach the broker another way, for instance through a proxy that a test can
         * cut: what they are told about the cluster leads them that way again. A cluster of several brokers has none.
         *
         * @param name in capital letters, other than {@code CLIENT} and {@code CONTROLLER}
         * @param port where the broker listens
         * @param advertised the address that these clients are told, {@code host:port}
         */
        public Builder entrance(String name, int port, String advertised) {
            entrances.add(new KafkaSettings.Entrance(name, port, advertised));
            return this;
        }

        /**
         * Keeps the data in a directory that outlives the cluster, for another one with as many brokers. Unless set, a
         * temporary directory goes with the cluster.
         */
        public Builder dataDirectory(Path directory) {
            this.dataDirectory = directory;
            return this;
        }

        /** The largest heap of each broker, as {@code -Xmx} takes it; {@code 256m} unless set. */
        public Builder heap(String size) {
            this.heap = size;
            return this;
        }

        /**
         * Replaces the JVM options of the servers. Unless set they make for a quick start, not for throughput: serial
         * collector, first compiler only.
         */
        public Builder jvmOptions(String... options) {
            this.jvmOptions = List.of(options);
            return this;
        }

        /**
         * Launches the cluster and waits until each broker can be produced to.
         *
         * @throws IllegalStateException if a server does not start, or the Kafka server's jars are missing; the message
         *     says why
         */
        public LocalKafka launch() {
            return launch(true);
        }

        private LocalKafka launch(boolean closeable) {
            if (brokers > 1 && !entrances.isEmpty()) {
                throw new IllegalStateException("Only a single broker can have another entrance");
            }
            LocalKafka kafka = new LocalKafka(
                    new KafkaSettings(
                            brokers,
                            Map.copyOf(properties),
                            Map.copyOf(users),
                            List.copyOf(entrances),
                            dataDirectory,
                            heap,
                            jvmOptions),
                    closeable);
            try {
                kafka.start();
                return kafka;
            } catch (RuntimeException | Error ex) {
                kafka.servers.close();
                throw ex;
            }
        }
    }
}
