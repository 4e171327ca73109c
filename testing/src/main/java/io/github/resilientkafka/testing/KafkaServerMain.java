package io.github.resilientkafka.testing;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/** What the child process of a {@link LocalKafka} runs: formats the storage if need be, then is a Kafka server. */
final class KafkaServerMain {

    private KafkaServerMain() {}

    /**
     * Runs the server that a properties file (first argument) describes, with its storage in a directory (second). Once
     * that is formatted it belongs to a cluster; before, it is given the id of one (third).
     */
    public static void main(String[] arguments) {
        if (!Files.exists(Path.of(arguments[1], "meta.properties"))) {
            String[] format = {"format", "--config", arguments[0], "--cluster-id", arguments[2]};
            int status = kafka.tools.StorageTool.execute(format, System.out);
            if (status != 0) {
                System.exit(status);
            }
        }
        kafka.Kafka.main(new String[] {arguments[0]});
    }

    /** Writes warnings and errors to standard output: the class path of a test need not have a logging back-end. */
    public static final class Logging implements SLF4JServiceProvider {

        private final IMarkerFactory markers = new BasicMarkerFactory();
        private final MDCAdapter context = new BasicMDCAdapter();

        @Override
        public ILoggerFactory getLoggerFactory() {
            return ConsoleLogger::new;
        }

        @Override
        public IMarkerFactory getMarkerFactory() {
            return markers;
        }

        @Override
        public MDCAdapter getMDCAdapter() {
            return context;
        }

        @Override
        public String getRequestedApiVersion() {
            return "2.0.99";
        }

        @Override
        public void initialize() {}
    }

    private static final class ConsoleLogger extends LegacyAbstractLogger {

        private static final long serialVersionUID = 1L;

        ConsoleLogger(String name) {
            this.name = name;
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public boolean isInfoEnabled() {
            return false;
        }

        @Override
        public boolean isWarnEnabled() {
            return true;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }

        @Override
        protected @Nullable String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level,
                @Nullable Marker marker,
                String message,
                Object @Nullable [] arguments,
                @Nullable Throwable failure) {
            PrintStream out = System.out;
            synchronized (Logger.class) {
                out.printf(
                        "%tT.%<tL %s %s %s%n",
                        System.currentTimeMillis(), level, name, MessageFormatter.basicArrayFormat(message, arguments));
                if (failure != null) {
                    failure.printStackTrace(out);
                }
            }
        }
    }
}
