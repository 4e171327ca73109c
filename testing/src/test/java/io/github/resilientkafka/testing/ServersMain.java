package io.github.resilientkafka.testing;

import java.util.Set;
import java.util.stream.Collectors;

/** A JVM with both servers, for tests that end it: says how far it has come, and waits. */
final class ServersMain {

    private ServersMain() {}

    /** With {@code freeze}, halts the servers; with {@code close}, closes them and tells which threads they left; with
     * {@code database}, there is but one. */
    public static void main(String[] arguments) throws Exception {
        System.out.println("starting");
        Set<String> threads = threads();
        LocalPostgres postgres = LocalPostgres.launch();
        if (arguments[0].equals("database")) {
            System.out.println("done");
            Thread.sleep(Long.MAX_VALUE);
        }
        LocalKafka kafka = LocalKafka.launch();
        switch (arguments[0]) {
            case "freeze" -> {
                postgres.freeze();
                kafka.freeze();
            }
            case "close" -> {
                postgres.close();
                kafka.close();
                Set<String> left = threads();
                left.removeAll(threads);
                // The JDK's own, which serves every Process and ends a minute after the last one.
                left.remove("process reaper");
                System.out.println("threads " + left);
            }
            default -> {}
        }
        System.out.println("done");
        Thread.sleep(Long.MAX_VALUE);
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).collect(Collectors.toSet());
    }
}
