package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.connection.ConnectionErrorClassifier;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Says what is the matter when a listener's container could not be started, which ends the start of the application.
 */
@Order(Ordered.HIGHEST_PRECEDENCE + 2)
class ListenerStartFailureAnalyzer implements FailureAnalyzer {

    private static final String CONTAINER = AbstractMessageListenerContainer.class.getName();

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (@Nullable Throwable error = failure; error != null; error = error.getCause()) {
            if (comesFromStart(error)) {
                Throwable root = rootOf(error);
                String message = root.getMessage();
                return new FailureAnalysis(
                        "A Kafka listener cannot start: " + ((message == null) ? root.toString() : message),
                        action(error, String.valueOf(message)),
                        failure);
            }
        }
        return null;
    }

    private static boolean comesFromStart(Throwable error) {
        for (StackTraceElement frame : error.getStackTrace()) {
            if (frame.getClassName().equals(CONTAINER) && frame.getMethodName().equals("start")) {
                return true;
            }
        }
        return false;
    }

    private static Throwable rootOf(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static String action(Throwable error, String message) {
        if (message.contains("missingTopicsFatal")) {
            return "Create the topics, or set spring.kafka.listener.missing-topics-fatal=false to start without them.";
        }
        if (message.contains("group.id")) {
            return "Set spring.kafka.consumer.group-id, or groupId in @KafkaListener.";
        }
        ConnectionError meaning = ConnectionErrorClassifier.classify(error);
        if (meaning.kind() != ConnectionError.Kind.OTHER) {
            return meaning.hint();
        }
        String where = "Settings of listeners come from spring.kafka.consumer.*, spring.kafka.properties.*"
                + " and @KafkaListener(properties = ...).";
        return (rootOf(error) instanceof ConfigException)
                ? "Correct the setting. " + where
                : "See the cause in the log. " + where;
    }
}
