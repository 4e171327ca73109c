package io.github.resilientkafka.actuate;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvoker;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameter;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameters;

/**
 * Refuses what the writing operations of one endpoint of ours do not know. Spring Boot drops parameters that an operation
 * does not have, so that with {@code dryrun} a replay would begin that was meant to count only. The answer is a problem
 * document: of an exception that Spring Boot knows, callers are not shown the message unless the application wants it.
 */
final class KnownParametersAdvisor implements OperationInvokerAdvisor {

    private final EndpointId endpoint;

    KnownParametersAdvisor(String endpoint) {
        this.endpoint = EndpointId.of(endpoint);
    }

    @Override
    public OperationInvoker apply(
            EndpointId id, OperationType type, OperationParameters parameters, OperationInvoker invoker) {
        if (!id.equals(this.endpoint) || type == OperationType.READ) {
            return invoker;
        }
        Set<String> known =
                parameters.stream().map(OperationParameter::getName).collect(Collectors.toUnmodifiableSet());
        String complaint = complaint(parameters);
        return context -> {
            List<String> unknown = context.getArguments().keySet().stream()
                    .filter(name -> !known.contains(name))
                    .toList();
            return unknown.isEmpty()
                    ? invoker.invoke(context)
                    : EventAnswer.badRequest("No parameter '" + ErrorText.of(String.join("', '", unknown)) + complaint);
        };
    }

    /**
     * Names what may be given, and not what is in the path already: only that is mandatory.
     */
    private static String complaint(OperationParameters parameters) {
        String optional = parameters.stream()
                .filter(parameter -> !parameter.isMandatory())
                .map(OperationParameter::getName)
                .collect(Collectors.joining(", "));
        return optional.isEmpty() ? "'; there are none" : "'; there are: " + optional;
    }
}
