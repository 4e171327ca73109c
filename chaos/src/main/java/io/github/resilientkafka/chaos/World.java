package io.github.resilientkafka.chaos;

import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;

/**
 * A broker, a database and the applications on trial, each in processes of its own.
 */
final class World implements AutoCloseable {

    /** The topics, and how many partitions they have. */
    static final Map<String, Integer> TOPICS = Map.of("orders", 6, "invoices", 3);

    private final LocalKafka kafka;

    private final LocalPostgres postgres;

    private final Switches switches;

    private final List<Instance> instances = new ArrayList<>();

    /**
     * Starts everything; nothing is published yet.
     * @param directory where the instances write their journals
     * @param rate events per second and instance
     */
    World(Path directory, int instances, int rate) {
        this.switches = new Switches(directory.resolve("all"));
        this.kafka = LocalKafka.launch();
        this.postgres = LocalPostgres.launch();
        // When a record came to its partition is what duplicates are attributed by.
        TOPICS.forEach((topic, partitions) ->
                this.kafka.createTopic(topic, partitions, Map.of("message.timestamp.type", "LogAppendTime")));
        for (int i = 0; i < instances; i++) {
            this.instances.add(Instance.launch(directory.resolve(String.valueOf((char) ('a' + i))), arguments(rate)));
        }
    }

    private List<String> arguments(int rate) {
        return List.of(
                "--chaos.rate=" + rate,
                "--spring.application.name=chaos",
                "--spring.main.web-application-type=none",
                "--spring.kafka.bootstrap-servers=" + this.kafka.bootstrapServers(),
                "--spring.kafka.consumer.auto-offset-reset=earliest",
                "--spring.kafka.consumer.heartbeat-interval=1s",
                "--spring.kafka.consumer.properties[session.timeout.ms]=6000",
                "--spring.datasource.url=" + this.postgres.jdbcUrl(),
                "--spring.datasource.username=" + this.postgres.username(),
                "--spring.datasource.password=" + this.postgres.password(),
                // Everything else is as applications have it by default, but quicker where a trial would only wait.
                "--resilient-kafka.retry.interval=1s",
                "--resilient-kafka.retry.lease=15s",
                "--resilient-kafka.listener.pause=200ms",
                "--resilient-kafka.listener.max-pause=2s",
                "--resilient-kafka.listener.instances.orders.dependencies=payments");
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

    /** Makes the broker refuse what is acknowledged by too few replicas, as in a cluster that has lost some. */
    void demandReplicas(int count) {
        try (Admin admin = Admin.create(this.kafka.adminConfig())) {
            AlterConfigOp set =
                    new AlterConfigOp(new ConfigEntry("min.insync.replicas", String.valueOf(count)), OpType.SET);
            Map<ConfigResource, java.util.Collection<AlterConfigOp>> changes = new java.util.HashMap<>();
            TOPICS.keySet().forEach(topic -> changes.put(new ConfigResource(Type.TOPIC, topic), List.of(set)));
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
    }
}
