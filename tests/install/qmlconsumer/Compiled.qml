import QtQml
import QFerry

QtObject {
    id: root

    property string text: "a"
    readonly property bool isOver: unknown.status === ThreadTask.Error
    readonly property ThreadTask unknown: ThreadTask {
        task: "unknown"
        args: [root.text, 1.5]
        rerunPolicy: ThreadTask.OnceMore
        onFailed: error => root.text = error.name
    }
    readonly property CapacityLimiter limiter: CapacityLimiter { totalTokens: 2 }

    onTextChanged: Qt.exit(isOver && text === "InvalidUseError" && limiter.availableTokens === 2 ? 0 : 1)
    Component.onCompleted: unknown.start("a", 2).catch(error => console.log(error.message))
}
