package io.github.resilientkafka.testing;

import io.github.resilientkafka.testing.KafkaSettings.Entrance;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * One member of a Kafka cluster.
 *
 * @param id its number in the cluster
 * @param port where it listens for clients and other brokers, or {@code null} if it is no broker
 * @param controllerPort where it listens as the controller, or {@code null} if it is not the controller
 */
record KafkaNode(int id, @Nullable Integer port, @Nullable Integer controllerPort) {

    private static final String CLIENT = "CLIENT";
    private static final String CONTROLLER = "CONTROLLER";

    String name() {
        return port == null ? "Kafka controller" : "Kafka broker " + id;
    }

    String address() {
        return LocalPort.HOST + ":" + port;
    }

    /**
     * Writes the node's configuration to a file, which is returned.
     *
     * @param data where the node keeps its data
     * @param voter the controller, as the brokers need to know it
     * @param settings whose properties win over ours
     */
    Path writeProperties(Path file, Path data, String voter, KafkaAccess access, KafkaSettings settings) {
        Properties properties = new Properties();
        properties.put("node.id", Integer.toString(id));
        properties.put("log.dirs", data.toString());
        addListeners(properties, voter, access, settings.entrances());
        addReplication(properties, Math.min(settings.brokers(), 3));
        addSmallness(properties);
        properties.putAll(access.serverProperties(CLIENT, CONTROLLER));
        properties.putAll(settings.properties());
        try (OutputStream out = Files.newOutputStream(file)) {
            properties.store(out, name());
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
        return file;
    }

    private void addListeners(Properties properties, String voter, KafkaAccess access, List<Entrance> entrances) {
        String client = CLIENT + "://" + LocalPort.HOST + ":" + port;
        StringBuilder bound = new StringBuilder(client);
        StringBuilder advertised = new StringBuilder(client);
        StringBuilder protocols =
                new StringBuilder(CLIENT + ":" + access.protocol() + "," + CONTROLLER + ":" + access.protocol());
        for (Entrance entrance : entrances) {
            bound.append(",%s://%s:%d".formatted(entrance.name(), LocalPort.HOST, entrance.port()));
            advertised.append(",%s://%s".formatted(entrance.name(), entrance.advertised()));
            protocols.append(",%s:%s".formatted(entrance.name(), access.protocol()));
        }
        String controller = CONTROLLER + "://" + LocalPort.HOST + ":" + controllerPort;
        if (port == null) {
            properties.put("process.roles", "controller");
            properties.put("listeners", controller);
        } else {
            properties.put("process.roles", controllerPort == null ? "broker" : "broker,controller");
            properties.put("listeners", controllerPort == null ? bound.toString() : bound + "," + controller);
            properties.put("advertised.listeners", advertised.toString());
            properties.put("inter.broker.listener.name", CLIENT);
        }
        properties.put("controller.listener.names", CONTROLLER);
        properties.put("controller.quorum.voters", voter);
        properties.put("listener.security.protocol.map", protocols.toString());
    }

    private static void addReplication(Properties properties, int replicas) {
        String factor = Integer.toString(replicas);
        properties.put("default.replication.factor", factor);
        properties.put("offsets.topic.replication.factor", factor);
        properties.put("transaction.state.log.replication.factor", factor);
        properties.put("min.insync.replicas", "1");
        properties.put("transaction.state.log.min.isr", "1");
        // A broker that came back catches up at once.
        properties.put("replica.fetch.backoff.ms", "100");
        properties.put("replica.fetch.wait.max.ms", "200");
        // A broker that vanished is given up, and may come back, after 3 seconds instead of 9.
        properties.put("broker.heartbeat.interval.ms", "500");
        properties.put("broker.session.timeout.ms", "3000");
    }

    private static void addSmallness(Properties properties) {
        properties.put("group.initial.rebalance.delay.ms", "0");
        properties.put("offsets.topic.num.partitions", "1");
        properties.put("transaction.state.log.num.partitions", "1");
        properties.put("num.network.threads", "2");
        properties.put("num.io.threads", "4");
        properties.put("background.threads", "2");
        properties.put("log.cleaner.dedupe.buffer.size", "4194304");
    }
}
