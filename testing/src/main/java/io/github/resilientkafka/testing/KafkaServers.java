package io.github.resilientkafka.testing;

import io.github.resilientkafka.testing.ServerProcess.Signal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a cluster, as one server: one per broker and, unless there is a single one, one for the controller
 * that they depend on.
 */
final class KafkaServers implements LocalServer {

    private static final String CONTROLLER_HEAP = "96m";

    private final KafkaSettings settings;
    private final KafkaAccess access;
    private final Path home;
    private final String classPath;
    private final String clusterId = Uuid.randomUuid().toString();
    private final int controllerPort = LocalPort.find();
    private final String voter;
    private final List<KafkaNode> nodes = new ArrayList<>();
    private final List<ManagedServer> brokers = new ArrayList<>();
    private final @Nullable ManagedServer controller;

    private KafkaServers(KafkaSettings settings, KafkaAccess access, Path home) {
        this.settings = settings;
        this.access = access;
        this.home = home;
        this.classPath = KafkaClassPath.of(home.resolve("lib"));
        boolean combined = settings.brokers() == 1;
        this.voter = (combined ? 0 : settings.brokers()) + "@" + LocalPort.HOST + ":" + controllerPort;
        this.controller = combined
                ? null
                : new ManagedServer(
                        plan(new KafkaNode(settings.brokers(), null, controllerPort), CONTROLLER_HEAP), List.of());
        for (int id = 0; id < settings.brokers(); id++) {
            KafkaNode node = new KafkaNode(id, LocalPort.find(), combined ? controllerPort : null);
            nodes.add(node);
            brokers.add(new ManagedServer(plan(node, settings.heap()), needed()));
        }
    }

    /** Prepares the servers, without launching any. */
    static KafkaServers prepare(KafkaSettings settings, KafkaAccess access) {
        ServerProcess.requireLinux();
        KafkaClassPath.requireServer();
        if (settings.dataDirectory() != null) {
            return new KafkaServers(settings, access, settings.dataDirectory().toAbsolutePath());
        }
        Path home = Directories.createTemporary("resilient-kafka-");
        try {
            return new KafkaServers(settings, access, home);
        } catch (RuntimeException | Error ex) {
            Directories.delete(home);
            throw ex;
        }
    }

    LocalServer broker(int id) {
        return brokers.get(id);
    }

    List<String> addresses() {
        return nodes.stream().map(KafkaNode::address).toList();
    }

    @Override
    public void start() {
        // All processes first: they start side by side.
        List<ManagedServer> launched =
                brokers.stream().filter(ManagedServer::launch).toList();
        launched.forEach(ManagedServer::awaitReady);
    }

    @Override
    public void stop() {
        thaw();
        brokers.forEach(ManagedServer::requestStop);
        all().forEach(ManagedServer::stop);
    }

    @Override
    public void kill() {
        all().forEach(ManagedServer::kill);
    }

    @Override
    public void freeze() {
        if (state() == State.STOPPED) {
            throw new IllegalStateException("Kafka is not running");
        }
        all().filter(ManagedServer::isRunning).forEach(ManagedServer::freeze);
    }

    @Override
    public void thaw() {
        all().forEach(ManagedServer::thaw);
    }

    @Override
    public State state() {
        List<State> states = brokers.stream().map(ManagedServer::state).toList();
        if (states.contains(State.RUNNING)) {
            return State.RUNNING;
        }
        return states.contains(State.FROZEN) ? State.FROZEN : State.STOPPED;
    }

    /** Ends all processes; temporary data is deleted. */
    void close() {
        if (settings.dataDirectory() != null) {
            stop();
        }
        all().forEach(ManagedServer::close);
        if (settings.dataDirectory() == null) {
            Directories.delete(home);
        }
    }

    /** The brokers and, at last, the controller. */
    private Stream<ManagedServer> all() {
        return Stream.concat(brokers.stream(), needed().stream());
    }

    private List<ManagedServer> needed() {
        return controller == null ? List.of() : List.of(controller);
    }

    private ServerPlan plan(KafkaNode node, String heap) {
        boolean temporary = settings.dataDirectory() == null;
        Path directory = Directories.create(
                home.resolve(node.name().toLowerCase(Locale.ROOT).replace(' ', '-')));
        Path data = directory.resolve("data");
        Path properties = node.writeProperties(directory.resolve("server.properties"), data, voter, access, settings);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + heap);
        command.addAll(settings.jvmOptions());
        command.add("-Dslf4j.provider=" + KafkaServerMain.Logging.class.getName());
        command.add("-Dslf4j.internal.verbosity=WARN");
        command.add("@" + Directories.write(directory.resolve("classpath"), "-cp \"" + classPath + "\"\n"));
        command.add(KafkaServerMain.class.getName());
        command.add(properties.toString());
        command.add(data.toString());
        command.add(clusterId);
        return new ServerPlan(
                node.name(),
                command,
                directory,
                temporary,
                Signal.TERM,
                temporary ? Signal.KILL : Signal.TERM,
                readiness(node),
                ManagedServer.START_TIMEOUT);
    }

    private Readiness readiness(KafkaNode node) {
        Integer port = node.port();
        if (port == null) {
            return (alive, timeout) ->
                    Await.until(timeout, () -> LocalPort.accepts(controllerPort) || !alive.getAsBoolean())
                            && alive.getAsBoolean();
        }
        Map<String, Object> admin = new HashMap<>(access.clientProperties(KafkaAccess.ADMIN));
        admin.put("bootstrap.servers", node.address());
        return new KafkaReadiness(node.id(), port, admin);
    }
}
